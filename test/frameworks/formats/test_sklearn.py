"""Every format of scikit-learn: skops, and ONNX as its converter writes it."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from common import ROWS, Trap, agree, item, load, refused, truncate
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from slipway.sklearn import SklearnService

LABELS = np.array([0, 1, 2, 1, 0])


class Doubling(TransformerMixin, BaseEstimator):
    """A type that no list of safe types can know."""

    def fit(self, rows, labels=None):
        return self

    def transform(self, rows):
        return rows * 2


@pytest.fixture
def estimator():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABELS)


def dump(estimator, folder, name="model.skops"):
    from skops import io

    io.dump(estimator, folder / name)
    return folder / name


def test_skops_with_probabilities(estimator, tmp_path):
    dump(estimator, tmp_path)
    service = load(SklearnService, tmp_path)
    assert service.form.shape == (4,)
    agree(service, expected=estimator.predict_proba(ROWS))


def test_skops_with_another_method(estimator, tmp_path):
    dump(estimator, tmp_path)

    class Labels(SklearnService):
        method = "predict"

    agree(load(Labels, tmp_path), expected=estimator.predict(ROWS))


def test_skops_of_a_regression(tmp_path):
    regression = LinearRegression().fit(ROWS, ROWS[:, 0] * 2)
    dump(regression, tmp_path)
    agree(load(SklearnService, tmp_path), expected=regression.predict(ROWS))


def test_onnx_as_the_converter_writes_it(estimator, tmp_path):
    from skl2onnx import to_onnx

    options = {id(estimator): {"zipmap": False}}
    (tmp_path / "model.onnx").write_bytes(to_onnx(estimator, ROWS[:1], options=options).SerializeToString())
    agree(load(SklearnService, tmp_path), expected=estimator.predict_proba(ROWS))

    class Labels(SklearnService):
        method = "predict"

    agree(load(Labels, tmp_path), expected=estimator.predict(ROWS))


def test_types_that_are_not_known_to_be_safe_are_listed_and_opened_when_trusted(tmp_path):
    estimator = make_pipeline(Doubling(), LinearRegression()).fit(ROWS, ROWS[:, 0])
    dump(estimator, tmp_path)
    message = refused(SklearnService, tmp_path, ["model.skops holds types", "test_sklearn.Doubling"], '"trusted"')
    trusted = message.partition(": ")[2].split(", ")
    agree(load(SklearnService, tmp_path, trusted=trusted), expected=estimator.predict(ROWS))


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib"])
def test_pickles_are_refused_and_run_nothing(name, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / name).write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    refused(SklearnService, folder, [f"{name} is refused", "open"], "skops.io.dump")
    assert not (tmp_path / "mark").exists()


def test_estimator_that_was_pickled_is_refused(estimator, tmp_path):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator))
    refused(SklearnService, tmp_path, ["model.pkl is refused", "sklearn"], "skops.io.dump")


def test_truncated_file(estimator, tmp_path):
    truncate(dump(estimator, tmp_path))
    refused(SklearnService, tmp_path, ["model.skops", "a skops file", "cut off"], "Copy or save")


def test_file_of_a_later_release(estimator, tmp_path):
    path = dump(estimator, tmp_path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(content["schema.json"])
    schema.update(_skops_version="9.1.0", protocol=99, __loader__="NodeOfTomorrow")
    content["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    refused(SklearnService, tmp_path, ["model.skops", "written by skops 9.1.0"], "skops>=9.1.0")


def test_wrong_shape_is_answered_alone(estimator, tmp_path):
    dump(estimator, tmp_path)
    right, wrong = load(SklearnService, tmp_path).execute([item(ROWS[0]), item([1.0, 2.0])], 2)
    np.testing.assert_allclose(right, estimator.predict_proba(ROWS[:1])[0], atol=1e-6)
    assert wrong.code == "request_unfit" and "[4], found [2]" in wrong.message


def test_a_gpu_is_refused_because_there_is_no_use_for_it(estimator, tmp_path):
    dump(estimator, tmp_path)
    assert load(SklearnService, tmp_path).device == "cpu"
    refused(SklearnService, tmp_path, ['"device" is "gpu"', "sklearn"], '"cpu"', device="gpu")
