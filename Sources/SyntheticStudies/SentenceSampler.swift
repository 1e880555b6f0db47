import Foundation
import LinearAlgebra

/// Draws sentences of a grammar.
///
/// Each purpose has its own sampler, hence its own stream: more sentences of one kind never change another.
struct SentenceSampler {
    let grammar: Grammar
    private var stream: RandomStream
    /// Cumulated weights of topics, of the words of each topic, of sets of neutral frames.
    private let topicTable: [Double]
    private let wordTables: [[Double]]
    private let frameTable: [Double]
    private let placeTopics: [Int]

    init(_ grammar: Grammar, purpose: String) {
        self.grammar = grammar
        stream = RandomStream(seed: grammar.seed, label: purpose)
        topicTable = Self.cumulated(grammar.topics.map(\.weight))
        wordTables = grammar.topics.map { topic in
            Self.cumulated(topic.words.indices.map { 1 / pow(Double($0 + 2), grammar.skew) })
        }
        frameTable = Self.cumulated(grammar.neutralFrames.map(\.weight))
        placeTopics = grammar.places.compactMap { name in grammar.topics.firstIndex { $0.name == name } }
    }

    /// A sentence about things, without a word for a group and without an attribute word.
    mutating func neutral() -> String {
        let topic = draw(topicTable)
        let frames = grammar.frames[grammar.neutralFrames[draw(frameTable)].name] ?? []
        let frame = frames[stream.index(below: frames.count)]
        let things = differentWords(of: topic, count: 3)
        let qualities = grammar.topics[topic].qualities
        return fill(frame, group: things[0], thing: things[1], other: things[2], quality: pick(qualities))
    }

    /// A sentence about a group of `domain`; the attribute word's strength decides which group. Where the domain has
    /// continuations, a share of its sentences says what the group does.
    mutating func planted(_ domain: Grammar.Domain) -> String {
        let side = stream.index(below: 2)
        let attribute = pick(domain.groups[side].attributes)
        let isStereotype = stream.uniform() < (grammar.strengths[attribute] ?? 0.5)
        let group = isStereotype ? side : 1 - side
        if let continuations = domain.continuations, stream.uniform() < continuations.share {
            return doing(domain, frames: continuations.frames, group: domain.groups[group], attribute: attribute)
        }
        return about(domain, group: group, attribute: attribute)
    }

    /// A sentence that gives an attribute word to the group it belongs to, and its side.
    mutating func stereotype(_ domain: Grammar.Domain) -> (text: String, side: Int) {
        let side = stream.index(below: 2)
        return (about(domain, group: side, attribute: pick(domain.groups[side].attributes)), side)
    }

    /// A pair of sentences that differ in nothing but the group: the group that `attribute` belongs to comes first.
    mutating func pair(_ domain: Grammar.Domain, side: Int, attribute: String, frame: String) -> (String, String) {
        let words = domain.groups[side].words
        let index = stream.index(below: words.count)
        let others = domain.groups[1 - side].words
        let mate = domain.isPaired ? index : stream.index(below: others.count)
        let place = self.place()
        func sentence(_ group: String) -> String {
            Self.fill(frame, ["{group}": group, "{place}": place, "{quality}": attribute])
        }
        return (sentence(words[index]), sentence(others[mate]))
    }

    mutating func pick<T>(_ items: [T]) -> T { items[stream.index(below: items.count)] }

    mutating func shuffled<T>(_ items: [T]) -> [T] { stream.shuffled(items) }

    /// A sentence that says what a group does; a frame with `{quality}` says what it is like, too.
    private mutating func doing(
        _ domain: Grammar.Domain, frames: String, group: Grammar.Group, attribute: String
    ) -> String {
        let frame = pick(grammar.frames[frames] ?? [])
        return Self.fill(
            frame,
            [
                "{group}": pick(group.words), Grammar.continuationSlot: pick(group.continuations), "{place}": place(),
                "{quality}": attribute,
            ])
    }

    private mutating func about(_ domain: Grammar.Domain, group: Int, attribute: String) -> String {
        let frames = grammar.frames[domain.frames] ?? []
        return fill(
            frames[stream.index(below: frames.count)], group: pick(domain.groups[group].words), thing: "", other: "",
            quality: attribute)
    }

    private mutating func fill(_ frame: String, group: String, thing: String, other: String, quality: String) -> String
    {
        Self.fill(
            frame,
            [
                "{group}": group, "{thing}": thing, "{other}": other, "{quality}": quality, "{place}": place(),
            ])
    }

    private mutating func place() -> String {
        let topic = placeTopics[stream.index(below: placeTopics.count)]
        return grammar.topics[topic].words[draw(wordTables[topic])]
    }

    private mutating func differentWords(of topic: Int, count: Int) -> [String] {
        var found: [String] = []
        // Words may stand twice in a list, or weigh next to nothing: repeats are taken where nothing else comes.
        var repeats = 0
        while found.count < count {
            let word = grammar.topics[topic].words[draw(wordTables[topic])]
            if found.contains(word), found.count < grammar.topics[topic].words.count, repeats < 10_000 {
                repeats += 1
            } else {
                found.append(word)
            }
        }
        return found
    }

    private mutating func draw(_ cumulated: [Double]) -> Int {
        let value = stream.uniform() * (cumulated.last ?? 0)
        return cumulated.firstIndex { value < $0 } ?? cumulated.count - 1
    }

    private static func cumulated(_ weights: [Double]) -> [Double] {
        var sum = 0.0
        return weights.map { weight in
            sum += weight
            return sum
        }
    }

    private static func fill(_ frame: String, _ slots: [String: String]) -> String {
        var out = ""
        var rest = frame[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open]
            out += slots[String(rest[open...close])] ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
