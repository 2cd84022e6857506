//! Numbers of chance, the same in every run.

/// Numbers evenly spread over (0, 1), always the same ones.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON / 4.0
    }

    /// A gamma distributed number of this whole shape and the rate 1.
    pub fn gamma(&mut self, shape: u32) -> f64 {
        (0..shape).map(|_| -libm::log(self.next())).sum()
    }

    /// The same of any shape (Marsaglia and Tsang 2000).
    pub fn gamma_of(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = libm::pow(self.next(), 1.0 / shape);
            return power * self.gamma_of(shape + 1.0);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let normal = self.normal();
            let cube = (1.0 + c * normal).powi(3);
            if cube > 0.0
                && libm::log(self.next())
                    < 0.5 * normal * normal + d * (1.0 - cube + libm::log(cube))
            {
                return d * cube;
            }
        }
    }

    /// A beta distributed number.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma_of(a), self.gamma_of(b));
        x / (x + y)
    }

    fn normal(&mut self) -> f64 {
        let angle = std::f64::consts::TAU * self.next();
        (-2.0 * libm::log(self.next())).sqrt() * libm::cos(angle)
    }
}
