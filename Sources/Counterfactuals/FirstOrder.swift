import LinearAlgebra
import Records
import Statistics

/// Scores draws to first order, B_d(θ0) + ⟨∇B_d(θ0), Δ⟩, and corrects them by what exactly scored draws show.
///
/// A random update also shifts every bias by an even part that the first order cannot see, and scatters around it. So
/// each draw takes the error of one exactly scored draw, chosen at random and the same for every domain: the null keeps
/// both its centre and its spread.
struct FirstOrder {
    /// A domain of a benchmark.
    struct Key {
        let scorer: Int
        let benchmark: String
        let domain: String
    }

    private let keys: [Key]
    private let starts: [Double]
    private let seed: UInt64
    /// Exact − first order, by exactly scored draw and key.
    private let errors: [[Double]]
    /// How well the first order does, by key.
    let calibration: [FirstOrderCalibration]

    init(_ draws: [Draw], starts: [Double], keys: [Key], seed: UInt64) {
        let scored = draws.filter { !$0.tables.isEmpty }
        let errors = scored.map { draw in
            keys.indices.map { k in draw.tables[keys[k].scorer].bias(keys[k].domain) - (starts[k] + draw.changes[k]) }
        }
        calibration = keys.indices.map { k in
            let error = errors.map { $0[k] }
            return FirstOrderCalibration(
                benchmark: keys[k].benchmark, domain: keys[k].domain, draws: scored.count,
                meanError: Summary.mean(error), errorDeviation: Summary.deviation(error) ?? .nan,
                firstOrderDeviation: Summary.deviation(draws.map { $0.changes[k] }) ?? .nan)
        }
        self.keys = keys
        self.starts = starts
        self.seed = seed
        self.errors = errors
    }

    /// B_d(θ0) + ⟨∇B_d(θ0), Δ⟩ of a draw as it is, by domain of one scorer; empty when every draw is scored exactly.
    func uncorrected(_ draw: Draw, scorer: Int) -> [String: Double] {
        var out: [String: Double] = [:]
        for k in keys.indices where keys[k].scorer == scorer { out[keys[k].domain] = starts[k] + draw.changes[k] }
        return out
    }

    /// B_d of a draw, by domain of one scorer.
    func bias(_ draw: Draw, scorer: Int) -> [String: Double] {
        var stream = RandomStream(seed: seed, label: "random-update-\(draw.number)/error")
        let error = errors.isEmpty ? keys.map { _ in 0 } : errors[stream.index(below: errors.count)]
        var out: [String: Double] = [:]
        for k in keys.indices where keys[k].scorer == scorer {
            out[keys[k].domain] = starts[k] + draw.changes[k] + error[k]
        }
        return out
    }
}
