import FileSupport
import Records

/// A number or text for each of the three sentences of a StereoSet item.
public struct StereoSetTriple<Value: Sendable & Equatable>: Sendable, Equatable {
    /// That of the sentence with the stereotype.
    public var stereotype: Value
    /// That of the sentence with its opposite.
    public var antiStereotype: Value
    /// That of the sentence that means nothing here.
    public var unrelated: Value

    /// Takes the three.
    public init(stereotype: Value, antiStereotype: Value, unrelated: Value) {
        (self.stereotype, self.antiStereotype, self.unrelated) = (stereotype, antiStereotype, unrelated)
    }

    /// The three in this order.
    var values: [Value] { [stereotype, antiStereotype, unrelated] }

    /// What `body` makes of each.
    func map<Other>(_ body: (Value) throws -> Other) rethrows -> StereoSetTriple<Other> {
        try StereoSetTriple<Other>(
            stereotype: body(stereotype), antiStereotype: body(antiStereotype), unrelated: body(unrelated))
    }
}

/// One example of StereoSet: a context, and three sentences that fill or follow it.
public struct StereoSetItem: BenchmarkItem, Equatable {
    /// The example's place in its split, counted from 0.
    public var row: Int
    /// The example's own id.
    public var id: String
    /// The term that the example is about; terms count alike in the scores, and intervals are clustered by them.
    public var target: String
    /// The benchmark's own label: `gender`, `profession`, `race` or `religion`.
    public var biasType: String
    /// The study's name for it.
    public var domain: String
    /// The sentence with `BLANK` in it; of an intersentence example the sentence before.
    public var context: String
    /// The three sentences: filled in, or those that follow.
    public var sentences: StereoSetTriple<String>
    /// Whether the sentences follow the context.
    public var followsContext: Bool

    /// Makes an item.
    public init(
        row: Int, id: String, target: String, biasType: String, domain: String? = nil, context: String,
        sentences: StereoSetTriple<String>, followsContext: Bool = false
    ) {
        (self.row, self.id, self.target, self.biasType) = (row, id, target, biasType)
        (self.domain, self.context) = (domain ?? biasType, context)
        (self.sentences, self.followsContext) = (sentences, followsContext)
    }

    /// The target.
    public var clusters: [String: String] { ["target": target] }
    /// The stereotype and its opposite.
    public var contrast: (more: String, less: String) { (texts[0], texts[1]) }
    /// The three sentences, after their context where they follow one.
    public var texts: [String] { sentences.values.map { followsContext ? context + " " + $0 : $0 } }
    /// The benchmark's own label.
    public static func columns(_ items: [StereoSetItem]) -> [ScoreColumn] {
        [ScoreColumn("bias_type", .text(items.map(\.biasType)))]
    }
}
