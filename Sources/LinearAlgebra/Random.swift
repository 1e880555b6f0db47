import Foundation

/// A seeded stream of random numbers (xoshiro256**, seeded by SplitMix64; Blackman and Vigna 2018).
///
/// The same seed gives the same stream on every platform.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spareNormal: Double?

    /// A stream for a seed.
    public init(seed: UInt64) {
        var mixer = seed
        func next() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var z = mixer
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    /// A stream for a purpose within a seed: streams of different labels do not depend on each other.
    public init(seed: UInt64, label: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        self.init(seed: seed ^ hash)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let result = rotate(state.1 &* 5, 7) &* 9
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = rotate(state.3, 45)
        return result
    }

    /// A uniform number in [0, 1).
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A uniform index in `0..<count`.
    public mutating func index(below count: Int) -> Int { Int(next(upperBound: UInt64(count))) }

    /// A standard normal number (polar method).
    public mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let u = 2 * uniform() - 1
            let v = 2 * uniform() - 1
            let s = u * u + v * v
            if s > 0, s < 1 {
                let scale = (-2 * log(s) / s).squareRoot()
                spareNormal = v * scale
                return u * scale
            }
        }
    }

    /// A number with the χ² distribution; 0 for none.
    ///
    /// Twice a gamma variable of shape degrees / 2, by rejection from a transformed normal (Marsaglia and Tsang 2000);
    /// below shape 1 from that of the shape one higher.
    public mutating func chiSquare(degrees: Int) -> Double {
        guard degrees > 0 else { return 0 }
        let shape = Double(degrees) / 2
        let d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0, log(1 - uniform()) < x * x / 2 + d - d * v + d * log(v) else { continue }
            return 2 * d * v * (shape < 1 ? pow(1 - uniform(), 1 / shape) : 1)
        }
    }

    /// `items` in a random order.
    public mutating func shuffled<T>(_ items: [T]) -> [T] {
        var out = items
        for i in stride(from: out.count - 1, to: 0, by: -1) { out.swapAt(i, index(below: i + 1)) }
        return out
    }

    /// `count` different indices below `bound`, in random order.
    public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
        precondition(count <= bound)
        var chosen: [Int: Int] = [:]
        var out: [Int] = []
        out.reserveCapacity(count)
        for i in 0..<count {
            let j = i + index(below: bound - i)
            out.append(chosen[j] ?? j)
            chosen[j] = chosen[i] ?? i
        }
        return out
    }

    private func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
}
