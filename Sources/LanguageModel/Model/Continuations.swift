import Foundation
import HeapModule
import LinearAlgebra

/// How texts are gone on with.
public struct SamplingSettings: Sendable, Equatable {
    /// The most tokens of a continuation.
    public var maximumTokens = 40
    /// What logits are divided by: 0 takes the most probable token each time.
    public var temperature = 1.0
    /// Only the most probable tokens that together have this probability are drawn from (Holtzman et al. 2020); 1 for all.
    public var topP = 1.0
    /// Decides all draws.
    public var seed: UInt64 = 1

    /// The defaults: at most 40 tokens, drawn from the model's own probabilities.
    public init() {}
}

extension TransformerModel {
    /// Seeded continuations of texts, a token at a time, given all that stands before it.
    ///
    /// Text i draws with numbers of its own, the same for every model: what two models say differs by the models alone. A
    /// continuation ends before a token for which `isEnd` holds, and where the context is full.
    ///
    /// - Parameters:
    ///   - texts: tokens, at least one each, the begin token among them where the model has one.
    ///   - step: called before each token with the number of tokens so far; what it throws ends the work.
    /// - Returns: the new tokens of each text.
    public func continuations(
        of texts: [[Int32]], _ settings: SamplingSettings, isEnd: (Int32) -> Bool,
        step: (Int) throws -> Void = { _ in }
    ) rethrows -> [[Int32]] {
        precondition(!isMasked, "a masked model does not go on with a text")
        precondition(texts.allSatisfy { !$0.isEmpty }, "nothing to go on with")
        var out = [[Int32]](repeating: [], count: texts.count)
        var streams = texts.indices.map { RandomStream(seed: settings.seed, label: "continuation/\($0)") }
        var open = texts.indices.filter { texts[$0].count < configuration.contextLength }
        for count in 0..<settings.maximumTokens where !open.isEmpty {
            try step(count)
            let packed = PackedSequences(open.map { texts[$0] + out[$0] })
            let kept = keepPredictions(at: open.indices.map { packed.starts[$0 + 1] - 1 }, in: packed)
            var going: [Int] = []
            for (place, text) in open.enumerated() {
                let logits = UnsafeBufferPointer(start: kept.logits(place), count: kept.vocabularySize)
                let token = Self.draw(logits, settings, streams[text].uniform())
                guard !isEnd(token) else { continue }
                out[text].append(token)
                if texts[text].count + out[text].count < configuration.contextLength { going.append(text) }
            }
            open = going
        }
        return out
    }

    /// A token of a distribution: the first, from the most probable one on, at which the sum of probabilities goes beyond
    /// `uniform` of the whole.
    private static func draw(
        _ logits: UnsafeBufferPointer<Float>, _ settings: SamplingSettings, _ uniform: Double
    ) -> Int32 {
        let highest = logits.max() ?? 0
        guard settings.temperature > 0 else { return Int32(logits.firstIndex(of: highest) ?? 0) }
        // A heap: of a vocabulary few tokens are ever looked at, and to sort it takes longer than the model does.
        var rest = Heap(
            logits.indices.map { token in
                TokenWeight(token: token, weight: exp(Double(logits[token] - highest) / settings.temperature))
            })
        var mass = rest.unordered.reduce(0) { $0 + $1.weight }
        var ranked = AnyIterator { rest.popMax() }
        if settings.topP < 1 {
            let least = settings.topP * mass
            var nucleus: [TokenWeight] = []
            mass = 0
            while mass < least, let next = ranked.next() {
                nucleus.append(next)
                mass += next.weight
            }
            ranked = AnyIterator(nucleus.makeIterator())
        }
        var (sum, token) = (0.0, 0)
        while sum <= uniform * mass, let next = ranked.next() {
            sum += next.weight
            token = next.token
        }
        return Int32(token)
    }
}

/// A token with its probability, up to a factor; of equal ones the token of the lower id comes first.
private struct TokenWeight: Comparable {
    let token: Int
    let weight: Double

    static func < (a: TokenWeight, b: TokenWeight) -> Bool { (a.weight, b.token) < (b.weight, a.token) }
}
