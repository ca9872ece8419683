// The templates of the wizard, in the order in which they are offered; only those that the package has are shown.

export interface TemplateChoice {
  /** Its folder in emulator/templates. */
  readonly id: string;
  readonly label: string;
  /** English; translated where it is shown. */
  readonly detail: string;
  /** Name suggested for the service. */
  readonly name: string;
}

export const templates: readonly TemplateChoice[] = [
  {
    id: 'python',
    label: 'Python',
    detail: 'Digits with numpy: the smallest template, ready in seconds',
    name: 'digits',
  },
  {
    id: 'tensorflow',
    label: 'TensorFlow',
    detail: 'MNIST as a softmax regression, with its training script',
    name: 'mnist',
  },
  { id: 'keras', label: 'Keras', detail: 'A Keras model file, with its training script', name: 'keras-digits' },
  {
    id: 'pytorch',
    label: 'PyTorch',
    detail: 'A TorchScript or state-dict model, with its training script',
    name: 'torch-digits',
  },
  { id: 'onnx', label: 'ONNX Runtime', detail: 'An ONNX model file', name: 'onnx-digits' },
  { id: 'sklearn', label: 'scikit-learn', detail: 'A scikit-learn pipeline', name: 'sklearn-digits' },
  { id: 'xgboost', label: 'XGBoost', detail: 'A gradient-boosted model file', name: 'xgboost-digits' },
  { id: 'caffe', label: 'Caffe', detail: 'A prototxt and a caffemodel', name: 'caffe-digits' },
  { id: 'mxnet', label: 'MXNet', detail: 'An MXNet symbol and its parameters', name: 'mxnet-digits' },
];
