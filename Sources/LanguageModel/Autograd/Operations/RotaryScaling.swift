import Foundation

extension RotaryFrequencies {
    /// How frequencies were stretched for longer contexts, as transformers names the ways.
    public enum Scaling: Sendable, Equatable {
        /// As trained.
        case none
        /// All divided by a factor (position interpolation: Chen et al. 2023).
        case linear(factor: Float)
        /// A base that grows with a sequence longer than the context of the training (dynamic NTK).
        case dynamic(factor: Float, context: Int)
        /// By wavelength, with cosines and sines stretched as well.
        case yarn(YaRN)
        /// Each divided by a factor of its own.
        case longRope(LongRoPE)
        /// Llama 3: slow ones divided by the factor, fast ones kept, between them a blend by wavelength.
        case llama3(factor: Float, low: Float, high: Float, original: Float)
        /// Those of the front part of a head, with the exponents of the whole; the others do not turn.
        case proportional(share: Float, factor: Float)
    }

    /// YaRN (Peng et al. 2023, sections 3.2 to 3.4).
    public struct YaRN: Sendable, Equatable {
        /// What slow frequencies are divided by.
        public var factor: Float
        /// The context of the training.
        public var original: Float
        /// Turns within that context above which a frequency is kept, `beta_fast`.
        public var fast: Float
        /// Turns below which it is divided, `beta_slow`.
        public var slow: Float
        /// Whether the ends of the ramp between them are rounded to whole pairs.
        public var truncates: Bool
        /// Factor of cosines and sines, `attention_factor`.
        public var amplitude: Float

        /// Makes a set with the usual ends of the ramp.
        public init(
            factor: Float, original: Float, fast: Float = 32, slow: Float = 1, truncates: Bool = true, amplitude: Float
        ) {
            self.factor = factor
            self.original = original
            self.fast = fast
            self.slow = slow
            self.truncates = truncates
            self.amplitude = amplitude
        }

        /// 0.1 s ln factor + 1 (section 3.4).
        static func amplitude(factor: Double, scale: Double = 1) -> Double {
            factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
        }

        /// How far the frequency of a pair is divided, 0 to 1. Pair d(r) turns r times within the original context:
        /// d(r) = D ln(original / 2πr) / (2 ln base).
        func ramp(_ size: Int, base: Float) -> [Float] {
            func pair(_ turns: Float) -> Double {
                Double(size) * log(Double(original) / (Double(turns) * 2 * .pi)) / (2 * log(Double(base)))
            }
            var (low, high) = (pair(fast), pair(slow))
            if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
            (low, high) = (max(low, 0), min(high, Double(size - 1)))
            if low == high { high += 0.001 }
            return (0..<(size + 1) / 2).map { Float(min(1, max(0, (Double($0) - low) / (high - low)))) }
        }
    }

    /// LongRoPE (Ding et al. 2024).
    public struct LongRoPE: Sendable, Equatable {
        /// What the frequencies of a sequence up to the original context are divided by, `(D/2)`.
        public var short: [Float]
        /// The same of longer ones.
        public var long: [Float]
        /// The context of the training.
        public var original: Int
        /// Factor of cosines and sines, `attention_factor`.
        public var amplitude: Float

        /// Makes a set.
        public init(short: [Float], long: [Float], original: Int, amplitude: Float) {
            self.short = short
            self.long = long
            self.original = original
            self.amplitude = amplitude
        }

        /// √(1 + ln factor / ln original) (section 3.3).
        static func amplitude(factor: Double, original: Double) -> Double {
            factor <= 1 ? 1 : (1 + log(factor) / log(original)).squareRoot()
        }
    }
}

extension RotaryFrequencies.Scaling {
    /// Factor of cosines and sines.
    var amplitude: Float {
        switch self {
        case .yarn(let yarn): yarn.amplitude
        case .longRope(let rope): rope.amplitude
        default: 1
        }
    }

    /// The longest sequence that has the frequencies of all shorter ones; nil where they do not depend on it.
    var limit: Int? {
        switch self {
        case .dynamic(_, let context): context
        case .longRope(let rope): rope.short == rope.long ? nil : rope.original
        default: nil
        }
    }

    /// Frequencies of a sequence of `length` tokens.
    ///
    /// - Parameter size: D, of which they are the exponents' denominator.
    func frequencies(base: Float, size: Int, length: Int) -> [Float] {
        func plain(_ base: Float) -> [Float] {
            (0..<(size + 1) / 2).map { 1 / powf(base, Float(2 * $0) / Float(size)) }
        }
        switch self {
        case .none: return plain(base)
        case .linear(let factor): return plain(base).map { $0 / factor }
        case .dynamic(let factor, let context):
            let (factor, length, size) = (Double(factor), Double(max(length, context)), Double(size))
            let stretch = factor * length / Double(context) - (factor - 1)
            return plain(Float(Double(base) * pow(stretch, size / (size - 2))))
        case .yarn(let yarn):
            return zip(plain(base), yarn.ramp(size, base: base)).map { plain, divided in
                plain / yarn.factor * divided + plain * (1 - divided)
            }
        case .longRope(let rope):
            return zip(plain(base), length > rope.original ? rope.long : rope.short).map { $0 / $1 }
        case .llama3(let factor, let low, let high, let original):
            return plain(base).map { plain in
                let wavelength = 2 * Float.pi / plain
                if wavelength < original / high { return plain }
                if wavelength > original / low { return plain / factor }
                let smooth = (original / wavelength - low) / (high - low)
                return (1 - smooth) * plain / factor + smooth * plain
            }
        case .proportional(let share, let factor):
            let turning = Int(Double(share) * Double(size) / 2)
            return plain(base).enumerated().map { $0 < turning ? $1 / factor : 0 }
        }
    }
}
