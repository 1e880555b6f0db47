import Foundation
import LanguageModel
import LinearAlgebra
import Unlearn

/// −(2/β) mean_s log σ(−β (log p_s − log p0_s)), p_s a sentence's harmful tokens together (after NPO).
struct ToyPreference: TokenWeightedObjective {
    static let name = "toy-preference"
    static let summary = "a loss against the model as it was"
    static let options = [ObjectiveOption("beta", "inverse temperature", initial: 0.1, .above(0))]
    let formula = "−(2/β) mean log σ(−β log(p/p0))"
    let needs: Set<ObjectiveNeed> = [.referenceModel]
    let beta: Double

    init(_ options: ObjectiveOptions) { beta = options.number("beta") }

    /// log(p_s/p0_s) of every sentence.
    private func ratios(_ sequences: [ScoredSequence], _ pass: GradientPass) -> [Double] {
        let (now, before) = (
            pass.logProbabilities(of: sequences), pass.logProbabilities(of: sequences, in: pass.reference)
        )
        return zip(now, before).map { $0.reduce(0, +) - $1.reduce(0, +) }
    }

    private func sequences(_ batch: ObjectiveBatch) -> [ScoredSequence] {
        batch.sentences.map { ScoredSequence(tokens: $0.tokens, positions: $0.harmfulPositions) }
    }

    func weightedSequences(of batch: ObjectiveBatch, in pass: GradientPass) -> [ScoredSequence] {
        let sequences = sequences(batch)
        return zip(sequences, ratios(sequences, pass)).map { sequence, ratio in
            sequence.weighted(Float(2 / (1 + exp(-beta * ratio)) / Double(sequences.count)))
        }
    }

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let sequences = sequences(batch)
        let ratios = ratios(sequences, pass)
        pass.addLogLikelihood(weightedSequences(of: batch, in: pass))
        return ratios.reduce(0) { $0 + 2 / beta * log1p(exp(beta * $1)) } / Double(ratios.count)
    }
}

/// mean over pairs of (log p(first) − log p(second))².
struct ToyGap: UnlearningObjective {
    static let name = "toy-gap"
    static let summary = "closes the gap between two sentences"
    let formula = "mean (log p(first) − log p(second))²"
    let needs: Set<ObjectiveNeed> = [.pairs]

    init(_ options: ObjectiveOptions) {}

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let sequences = batch.pairs.flatMap { [ScoredSequence($0.first), ScoredSequence($0.second)] }
        let logs = pass.logProbabilities(of: sequences).map { $0.reduce(0, +) }
        var weighted: [ScoredSequence] = []
        var loss = 0.0
        for pair in batch.pairs.indices {
            let gap = logs[2 * pair] - logs[2 * pair + 1]
            loss += gap * gap / Double(batch.pairs.count)
            let weight = Float(2 * gap / Double(batch.pairs.count))
            weighted += [sequences[2 * pair].weighted(weight), sequences[2 * pair + 1].weighted(-weight)]
        }
        pass.addLogLikelihood(weighted)
        return loss
    }
}

/// mean_t ‖h_t − c·u‖² over the forget sentences + mean_t ‖h_t − h0_t‖² over the retain text, u fixed (after RMU).
struct ToySteering: UnlearningObjective {
    static let name = "toy-steering"
    static let summary = "steers hidden states to a fixed direction"
    static let options = [
        ObjectiveOption("layer", "states that are steered", initial: 1, .whole(0...64)),
        ObjectiveOption("scale", "length that they are steered to", initial: 2, .number(0...100)),
    ]
    let formula = "mean ‖h − c·u‖² + mean ‖h_R − h0_R‖²"
    let needs: Set<ObjectiveNeed> = [.referenceModel, .retainText]
    let layer: Int
    let scale: Double

    init(_ options: ObjectiveOptions) {
        layer = options.whole("layer")
        scale = options.number("scale")
    }

    func target(_ width: Int) -> [Float] {
        var stream = RandomStream(seed: 17)
        let u = (0..<width).map { _ in stream.uniform() }
        let size = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return u.map { Float(scale * $0 / size) }
    }

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let target = target(pass.model.configuration.hiddenSize)
        let forget = batch.sentences.map(\.tokens)
        let kept = PackedSequences(batch.retain)
        let original = pass.reference.residualStates(at: Array(0..<kept.tokenCount), in: kept)[.stream(layer)]
        return Self.add(layer, forget, pass) { _ in target[...] }
            + Self.add(layer, batch.retain, pass) { original?.row($0) ?? [] }
    }

    /// mean over all tokens of the squared distance to what each is to be.
    private static func add(
        _ layer: Int, _ sequences: [[Int32]], _ pass: GradientPass, _ wanted: (Int) -> ArraySlice<Float>
    ) -> Double {
        let count = Double(sequences.reduce(0) { $0 + $1.count })
        return pass.addLoss(ofHiddenStates: layer, of: sequences) { items, states in
            var (value, gradient) = (0.0, states)
            for (place, item) in items.enumerated() {
                for (i, aim) in wanted(item).enumerated() {
                    let distance = states[place, i] - aim
                    value += Double(distance * distance) / count
                    gradient[place, i] = Float(2 / count) * distance
                }
            }
            return (value, gradient)
        }
    }
}
