/// What happens to a text before a tokenizer's model sees it: added tokens are cut out, the rest is normalized.
struct TextPipeline: Sendable {
    let normalizer: TextNormalizer
    let added: AddedTokens

    init(normalizer: TextNormalizer = TextNormalizer(), added: [AddedToken] = []) {
        self.normalizer = normalizer
        self.added = AddedTokens(added, normalizer: normalizer)
    }

    /// Runs through `text` in order.
    ///
    /// - Parameters:
    ///   - tracking: whether the stretches lead back to the text.
    ///   - token: gets each added token, and where it ends in the text.
    ///   - stretch: gets what lies between, normalized, never empty.
    func run(
        _ text: UnsafeBufferPointer<UInt8>, tracking: Bool, token: (AddedToken, Int) -> Void,
        stretch: (TextView) -> Void
    ) {
        let whole = TextView(bytes: text, start: 0, ends: nil)
        added.forEachPart(of: text, normalized: false) { range, found in
            if let found { return token(found, range.upperBound) }
            normalizer.apply(whole[range], tracking: tracking) { view in
                if added.isEmpty(normalized: true) {
                    if !view.bytes.isEmpty { stretch(view) }
                    return
                }
                added.forEachPart(of: view.bytes, normalized: true) { range, found in
                    if let found { return token(found, view.end(range.upperBound)) }
                    stretch(view[range])
                }
            }
        }
    }
}

/// The ids of a text, and where each ends in it when that is asked for.
struct TokenRun {
    var ids: [Int32] = []
    private(set) var ends: [Int] = []

    mutating func append(_ id: Int32, end: Int) {
        ids.append(id)
        ends.append(end)
    }

    /// Notes the ends of the ids that were appended last, from their lengths in a stretch.
    mutating func noteEnds(in view: TextView, length: (Int32) -> Int) {
        var count = 0
        while ends.count < ids.count {
            count = min(count + length(ids[ends.count]), view.bytes.count)
            ends.append(view.end(count))
        }
    }

    /// The ids with their ranges, which follow each other and cover a text of `count` bytes: what lies between two
    /// tokens, such as white space that a tokenizer drops, belongs to the one after it.
    func ranges(count: Int) -> [(token: Int32, bytes: Range<Int>)] {
        var start = 0
        return ids.indices.map { index in
            let end = index + 1 == ids.count ? count : max(start, ends[index])
            defer { start = end }
            return (ids[index], start..<end)
        }
    }
}
