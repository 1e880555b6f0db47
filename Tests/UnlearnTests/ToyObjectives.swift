import Unlearn

/// mean over pairs of (log p(first) − log p(second))².
struct ToyGap: UnlearningObjective {
    static let name = "toy-gap"
    static let summary = "closes the gap between two sentences"
    let formula = "mean (log p(first) − log p(second))²"
    let needs: Set<ObjectiveNeed> = [.pairs]

    init(_ options: ObjectiveOptions) {}

    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        let sequences = batch.pairs.flatMap { [pass.scored($0.first), pass.scored($0.second)] }
        let logs = pass.logProbabilities(of: sequences).map { $0.reduce(0, +) }
        var weighted: [ScoredText] = []
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
        let sequences = batch.sentences.map { pass.scored($0.tokens) }
        let first = pass.referenceLogProbabilities(of: sequences).flatMap { $0 }
        let measured = pass.logProbabilities(of: sequences, in: pass.reference).flatMap { $0 }
        guard first.count == measured.count, zip(first, measured).allSatisfy({ abs($0 - $1) < 1e-4 }) else { return 1 }
        for i in 0..<pass.reference.values.count { pass.reference.values.pointer[i] *= 0.5 }
        let again = pass.referenceLogProbabilities(of: sequences.reversed()).reversed()
        return zip(first, again.flatMap { $0 }).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
}

/// Looks at what a masked model is given.
struct ToyHidden: UnlearningObjective {
    static let name = "toy-hidden"
    static let summary = "counts tokens that are hidden and should not be, or the other way round"
    let formula = "0"

    init(_ options: ObjectiveOptions) {}

    /// - Returns: how many sequences are not as they should be.
    func addLoss(of batch: ObjectiveBatch, to pass: GradientPass) -> Double {
        var faults = 0
        func expect(_ text: ScoredText, hides words: [[Int]], of tokens: [Int32]) {
            if text.sequences.count != words.count { faults += 1 }
            for (sequence, positions) in zip(text.sequences, words) {
                var hidden = tokens
                for position in positions { hidden[position] = pass.model.configuration.maskToken ?? -1 }
                if sequence.inputs != hidden || sequence.targets.map(\.row) != positions
                    || sequence.targets.map(\.token) != positions.map({ tokens[$0] })
                {
                    faults += 1
                }
            }
        }
        for sentence in batch.sentences {
            let inside = (1..<sentence.tokens.count - 1).map { [$0] }
            expect(pass.scored(sentence, .harmful), hides: sentence.harmful.map(\.positions), of: sentence.tokens)
            expect(pass.scored(sentence, .all), hides: inside, of: sentence.tokens)
            expect(pass.scored(sentence.tokens), hides: inside, of: sentence.tokens)
        }
        return Double(faults)
    }
}
