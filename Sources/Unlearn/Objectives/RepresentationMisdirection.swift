import FileSupport
import LanguageModel
import LinearAlgebra

/// Representation misdirection for unlearning (RMU, Li et al. 2024, arXiv 2403.03218).
///
/// Minimised: L = mean_F (1/C) ‖h − c·u‖² + α mean_R (1/C) ‖h − h0‖², h the residual stream, C wide, after `layer` blocks
/// (WMDP's layer 7, counted from 0, is 8 here), h0 that of the model as it was. Each mean is over sequences of the mean
/// over their tokens, as in OpenUnlearning; of the retain text all tokens but the first, in which attention leaves
/// states of a size of their own. u is a unit vector drawn from all directions
/// alike; WMDP's code draws its coordinates from [0, 1), none below 0.
public struct RepresentationMisdirection: UnlearningObjective {
    /// `rmu`.
    public static let name = "rmu"
    /// What it does.
    public static let summary =
        "steers the hidden states of the sentences to a random vector and keeps those of the retain text "
        + "(representation misdirection)"
    /// Layer, length, weight, the vector's seed, and the tokens.
    public static let options = [
        ObjectiveOption("layer", "the number of blocks after which states are steered", initial: 8, .whole(1...10_000)),
        ObjectiveOption("coefficient", "length that states are steered to", initial: 20, .number(0...1e6)),
        ObjectiveOption("alpha", "weight of the states of the retain text", initial: 1, .number(0...1e9)),
        ObjectiveOption("vector-seed", "decides the direction, whatever `seeds` is", initial: 1, .whole(0...1 << 53)),
        TokenScope.option,
    ]
    /// The formula above.
    public let formula = "mean_F (1/C) ‖h − c·u‖² + α mean_R (1/C) ‖h − h0‖², minimised"
    /// The model as it was, and the retain text.
    public let needs: Set<ObjectiveNeed> = [.referenceModel, .retainText]
    /// The tokens that it is about.
    public let scope: TokenScope
    private let layer, seed: Int
    private let coefficient, alpha: Double

    /// Reads the options.
    public init(_ options: ObjectiveOptions) {
        layer = options.whole("layer")
        coefficient = options.number("coefficient")
        alpha = options.number("alpha")
        seed = options.whole("vector-seed")
        scope = TokenScope(options)
    }

    /// Refuses a layer that the model does not have.
    public func check(_ model: ModelConfiguration) throws {
        guard layer <= model.layerCount else {
            throw InputError(
                "rmu steers the states after block \(layer), and the model has \(model.layerCount) blocks",
                at: "objective.layer", remedy: "give 1 to \(model.layerCount)")
        }
    }

    /// c·u.
    ///
    /// - Parameter width: C.
    public func target(width: Int) -> [Float] {
        var stream = RandomStream(seed: UInt64(seed), label: "rmu")
        let u = (0..<width).map { _ in stream.normal() }
        let length = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return u.map { Float(coefficient * $0 / length) }
    }

    /// Adds the gradient of the loss.
    public func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let target = target(width: pass.model.configuration.hiddenSize)
        let forgotten = add(
            batch.sentences.map { ($0.tokens, scope.positions(in: $0, of: pass.model.configuration)) }, to: pass
        ) { _ in target[...] }
        guard alpha > 0 else { return forgotten }
        let kept = PackedSequences(batch.retain)
        let site = ResidualSite.stream(layer)
        let states = pass.reference.residualStates(at: Array(0..<kept.tokenCount), in: kept, sites: [site])
        guard let original = states[site] else { preconditionFailure("no states after block \(layer)") }
        let texts = batch.retain.map { (tokens: $0, positions: Array(pass.model.configuration.askedPositions(of: $0))) }
        return forgotten + alpha * add(texts, to: pass.times(pass.factor * alpha)) { original.row($0) }
    }

    /// Adds the mean over texts of the mean over their positions of the squared distance to what each state is to be,
    /// a channel.
    ///
    /// - Parameter wanted: by token, counted over all texts.
    /// - Returns: the mean.
    private func add(
        _ texts: [(tokens: [Int32], positions: [Int])], to pass: GradientPass, _ wanted: (Int) -> ArraySlice<Float>
    ) -> Double {
        var shares: [Double] = []
        for text in texts {
            var share = [Double](repeating: 0, count: text.tokens.count)
            for position in text.positions { share[position] = 1 / Double(text.positions.count * texts.count) }
            shares += share
        }
        return pass.addLoss(ofHiddenStates: layer, of: texts.map(\.tokens)) { items, states in
            var value = 0.0
            var gradient = Matrix<Float>(rows: states.rows, columns: states.columns)
            for (row, item) in items.enumerated() where shares[item] > 0 {
                let share = shares[item] / Double(states.columns)
                for (i, aim) in wanted(item).enumerated() {
                    let distance = Double(states[row, i] - aim)
                    value += share * distance * distance
                    gradient[row, i] = Float(2 * share * distance)
                }
            }
            return (value, gradient)
        }
    }
}
