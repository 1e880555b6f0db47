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
