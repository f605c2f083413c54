//! Functions of one value that vectorise in a loop, unlike the library's, and the loops' dispatch.

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

/// `(e^2x - 1) / (e^2x + 1)`, within 2e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// `e^x` within 2.5e-7 relative, for |x| up to 87 and clamped beyond: a polynomial. Splits x = n ln 2 + r,
/// |r| <= ln 2 / 2 (Cephes `expf`).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it rounds to an integer that then stands in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let polynomial = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r
        + 1.666_666_5e-1)
        * r
        + 0.5;
    let mantissa = polynomial * r * r + r + 1.0;
    let exponent = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
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
    fn the_hyperbolic_tangent_is_the_librarys() {
        for step in -4000..4000 {
            let x = step as f32 * 0.005;
            assert!((tanh(x) - x.tanh()).abs() < 3e-7, "{x}");
        }
    }
}
