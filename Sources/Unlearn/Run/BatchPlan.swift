import LinearAlgebra

/// Which items each step takes: a function of the seed and the step alone, so that a resumed run needs no saved
/// random state.
///
/// A seed first draws the pool (with `resample`, as many items as there are, with replacement: the bootstrap, so that
/// seeds differ in their rows); every epoch then shuffles the pool anew, and steps take it batch by batch.
struct BatchPlan {
    private let seed: UInt64
    private let label: String
    private let batch: Int
    private let pool: [Int]
    private var epoch = -1
    private var order: [Int] = []

    init(count: Int, batch: Int, seed: UInt64, label: String, resample: Bool) {
        precondition(count > 0 && batch > 0)
        self.seed = seed
        self.label = label
        self.batch = batch
        var stream = RandomStream(seed: seed, label: label + " pool")
        pool = resample ? (0..<count).map { _ in stream.index(below: count) } : Array(0..<count)
    }

    /// The items of a step, counted from 1.
    mutating func items(step: Int) -> [Int] {
        ((step - 1) * batch..<step * batch).map { place in
            let wanted = place / pool.count
            if wanted != epoch {
                var stream = RandomStream(seed: seed, label: "\(label) epoch \(wanted)")
                order = stream.shuffled(pool)
                epoch = wanted
            }
            return order[place % pool.count]
        }
    }
}

/// What one step used, for attribution.
public struct StepRecord: Codable, Equatable, Sendable {
    /// The step, from 1.
    public var step: Int
    /// Indices into ``ForgetSet/sentences``; one drawn twice stands twice.
    public var sentences: [Int]
    /// Indices into the retain text's pieces.
    public var retainPieces: [Int]
    /// Indices into ``ForgetSet/pairs``; nil where the objective takes none.
    public var pairs: [Int]?
}
