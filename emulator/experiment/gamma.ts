// The gamma function and its incomplete form, in logarithms. Press, Teukolsky, Vetterling, Flannery: Numerical Recipes, ch. 6.

/** Lanczos' coefficients for g = 7, n = 9 (Godfrey): about 15 digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum: number = lanczos[0];
  for (let index = 1; index < lanczos.length; index++) sum += lanczos[index]! / (shifted + index);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

const precision = 1e-13;
const tiny = 1e-300;

/** ln P(a, x), the regularized lower incomplete gamma function, for a > 0 and x ≥ 0. */
export function logGammaP(a: number, x: number): number {
  if (x <= 0) return -Infinity;
  const front = a * Math.log(x) - x - logGamma(a);
  return x < a + 1 ? front + Math.log(series(a, x)) : Math.log1p(-Math.exp(front) * fraction(a, x));
}

/** The sum of x^n / (a(a+1)…(a+n)). */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * precision; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** Lentz' continued fraction of Q(a, x) without its factor in front. */
function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let n = 1; ; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / nonzero(an * d + b);
    c = nonzero(b + an / c);
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) < precision) return value;
  }
}

function nonzero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
