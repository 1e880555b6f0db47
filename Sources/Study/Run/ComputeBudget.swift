import Counterfactuals

/// How much a run computes where a study leaves it open: a large model gets fewer nodes, draws and controls, since one
/// scoring of all pairs takes seconds there. Every such number of the pipeline stands here.
struct ComputeBudget {
    let parameters: Int
    /// Token probabilities of one scoring of all benchmarks.
    let predictions: Int

    /// Above this many parameters a model counts as large.
    static let manyParameters = 20_000_000
    var isLarge: Bool { parameters > Self.manyParameters }

    // MARK: KL

    /// Tokens of neutral text on which KL is measured for scaled and random updates: 2,048 for small models, fewer the more
    /// parameters a model has, 512 at least (for GPT-2 124M). Every draw is matched on the same tokens as the run.
    var probeRows: Int { min(2048, max(512, Int(64e9) / max(1, parameters))) }

    /// What part of these is hidden in a masked model, of which each costs the whole of its sequence: 512 tokens for small
    /// models, 128 at least.
    static let hiddenShare = 4

    /// How far from the run's KL an update may be that stands for a null.
    static let neutralKLTolerance = 0.02

    /// The longest text whose perplexity is measured at every α: one of a dozen models, where a longer text would cost more
    /// than all the rest of a run.
    static let scalingTextBytes = 65_536

    // MARK: Random updates

    /// Random updates that are scored both ways when the others are scored to first order; each takes a whole scoring of
    /// all pairs: 20, and the least that the analysis takes where one such scoring takes more than about 1e12
    /// multiplications (GPT-2 124M with 300 pairs).
    var calibrationDraws: Int { Double(predictions) * Double(parameters) > 1e12 ? 10 : 20 }

    /// Random controls of a patch that are scored, each kind by its own model; in a large model they calibrate the first
    /// order of the others.
    func scoredPatchControls(_ asked: Int) -> Int {
        min(asked, parameters > 10 * Self.manyParameters ? 1 : isLarge ? 3 : .max)
    }

    // MARK: Gradients along the update

    /// Gradients taken along the update: three integrate a polynomial of degree five, and a large model's update is nearer
    /// to a line.
    var pathNodes: Int { isLarge ? 3 : 5 }

    /// Nodes where ``pathNodes`` miss the scored change; nil where these are all there are.
    var moreNodes: Int? { isLarge ? 5 : nil }

    /// Whether the sum over the parts misses the scored change.
    func isOff(path: Double, exact: Double) -> Bool { abs(path - exact) > 0.02 * abs(exact) + 1e-4 }

    /// The most tokens of neutral text whose gradient is taken, where text is cut after a whole sequence.
    var neutralTokens: Int { isLarge ? 2048 : 8192 }

    /// Neutral minimal pairs scored before and after, and the words after which their sentences are cut.
    var neutralPairs: (count: Int, longest: Int) { isLarge ? (300, 20) : (500, 40) }

    // MARK: Shared subspaces

    /// Words and sentences from which contrasts are read.
    var contrasts: ContrastText.Limits {
        isLarge
            ? ContrastText.Limits(words: 16, templates: 8, reach: 4)
            : ContrastText.Limits(words: 64, templates: 16, reach: 6)
    }

    /// The fewest sentences that tell anything.
    static let leastTemplates = 4

    var subspaceDraws: Int { isLarge ? 100 : 200 }

    /// Random subspaces that are scored exactly; in a large model they calibrate the first order of the others.
    func exactControls(_ asked: Int) -> Int { isLarge ? min(3, asked) : asked }
}
