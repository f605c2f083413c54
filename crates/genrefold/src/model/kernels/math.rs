//! Functions of one value that vectorise in a loop, unlike the library's, and the loops' dispatch.

use pulp::Simd;

/// Defines functions whose loops are compiled for every width of vectors, and run with the widest that this
/// processor has. Their bodies are plain loops; what they call is to be `#[inline(always)]`.
macro_rules! vectorised {
    ($($(#[$about:meta])* $sight:vis fn $name:ident<'a>($($arg:ident: $type:ty),* $(,)?) $body:block)+) => {$(
        $(#[$about])*
        #[allow(clippy::too_many_arguments)]
        $sight fn $name<'a>($($arg: $type),*) {
            struct Work<'a> {
                $($arg: $type,)*
                lifetime: std::marker::PhantomData<&'a ()>,
            }
            impl<'a> pulp::WithSimd for Work<'a> {
                type Output = ();

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) {
                    let Work { $($arg,)* .. } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Work { $($arg,)* lifetime: std::marker::PhantomData })
        }
    )+};
}
pub(super) use vectorised;

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The same of a whole vector.
#[inline(always)]
pub(super) fn sigmoid_of<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    simd.div_f32s(one, simd.add_f32s(one, exp_of(simd, simd.neg_f32s(x))))
}

/// [`exp`] of a whole vector.
#[inline(always)]
fn exp_of<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let all = |value: f32| simd.splat_f32s(value);
    let x = simd.max_f32s(simd.min_f32s(x, all(LARGEST)), all(-LARGEST));
    let shifted = simd.mul_add_e_f32s(x, all(std::f32::consts::LOG2_E), all(ROUND));
    let n = simd.sub_f32s(shifted, all(ROUND));
    let r = simd.mul_add_e_f32s(n, all(-LN_2.0), x);
    let r = simd.mul_add_e_f32s(n, all(-LN_2.1), r);
    let polynomial = POLYNOMIAL.iter().fold(all(0.0), |sum, term| simd.mul_add_e_f32s(sum, r, all(*term)));
    let mantissa = simd.add_f32s(simd.mul_add_e_f32s(polynomial, simd.mul_f32s(r, r), r), all(1.0));
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let exponent = simd.add_u32s(bits, simd.splat_u32s(EXPONENT_OF_1));
    simd.mul_f32s(mantissa, simd.transmute_f32s_u32s(exponent))
}

/// `(e^2x - 1) / (e^2x + 1)`, within 2e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// 1.5 * 2^23: adding it rounds to an integer that then stands in the low bits of the mantissa.
const ROUND: f32 = 12_582_912.0;
/// Beyond it `e^x` would leave the range of f32.
const LARGEST: f32 = 87.0;
/// ln 2 in two parts, the first of few bits: their multiples are taken off without rounding.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// `(e^r - 1 - r) / r^2`, highest power first (Cephes `expf`).
const POLYNOMIAL: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// The bits of 1.0.
const EXPONENT_OF_1: u32 = 0x3f80_0000;

/// `e^x` within 2.5e-7 relative, for |x| up to 87 and clamped beyond: splits x = n ln 2 + r, |r| <= ln 2 / 2.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-LARGEST, LARGEST);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2.0 - n * LN_2.1;
    let polynomial = POLYNOMIAL.iter().fold(0.0, |sum, term| sum * r + term);
    let mantissa = polynomial * r * r + r + 1.0;
    let exponent = f32::from_bits((shifted.to_bits() << 23).wrapping_add(EXPONENT_OF_1));
    mantissa * exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_exponential_is_exact_to_a_few_units_in_the_last_place() {
        let mut x = -86.9f32;
        while x < 87.0 {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.5e-7, "e^{x}: relative error {error:e}");
            x += 0.000_917;
        }
    }

    #[test]
    fn the_gate_saturates_without_overflow() {
        assert_eq!(sigmoid(f32::INFINITY), 1.0);
        assert!(sigmoid(-1e30) < 1e-37);
        assert_eq!(sigmoid(0.0), 0.5);
    }

    #[test]
    fn whole_vectors_have_the_same_gates() {
        struct Gates<'a>(&'a mut [f32]);
        impl pulp::WithSimd for Gates<'_> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                S::as_mut_simd_f32s(self.0).0.iter_mut().for_each(|x| *x = sigmoid_of(simd, *x));
            }
        }
        let inputs: Vec<f32> = (-8000..8000).map(|n| n as f32 * 0.0125).collect();
        for arch in [pulp::Arch::new(), pulp::Arch::Scalar] {
            let mut gates = inputs.clone();
            arch.dispatch(Gates(&mut gates));
            for (x, gate) in inputs.iter().zip(gates) {
                assert!((gate - sigmoid(*x)).abs() < 2e-7, "{x}: {gate}");
            }
        }
    }

    #[test]
    fn the_hyperbolic_tangent_is_the_librarys() {
        for step in -4000..4000 {
            let x = step as f32 * 0.005;
            assert!((tanh(x) - x.tanh()).abs() < 3e-7, "{x}");
        }
    }
}
