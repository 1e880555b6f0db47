import Unlearn

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

/// Asks for what θ0 gives to sentences, and again after θ0 was changed.
struct ToyMemory: UnlearningObjective {
    static let name = "toy-memory"
    static let summary = "asks twice for the model as it was"
    let formula = "0"
    let needs: Set<ObjectiveNeed> = [.referenceModel]

    init(_ options: ObjectiveOptions) {}

    /// - Returns: the largest change of a value between the two, or 1 where one was wrong at first.
    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let sequences = batch.sentences.map { ScoredSequence($0.tokens) }
        let first = pass.referenceLogProbabilities(of: sequences).flatMap { $0 }
        let measured = pass.logProbabilities(of: sequences, in: pass.reference).flatMap { $0 }
        guard first.count == measured.count, zip(first, measured).allSatisfy({ abs($0 - $1) < 1e-4 }) else { return 1 }
        for i in 0..<pass.reference.values.count { pass.reference.values.pointer[i] *= 0.5 }
        let again = pass.referenceLogProbabilities(of: sequences.reversed()).reversed()
        return zip(first, again.flatMap { $0 }).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
}
