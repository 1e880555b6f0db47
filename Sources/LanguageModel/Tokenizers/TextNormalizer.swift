/// Changes a text before it is cut into pieces: steps, one after the other.
struct TextNormalizer: Sendable, Equatable {
    /// One change.
    enum Step: Sendable, Equatable {
        /// Canonical composition, NFC.
        case composed
        /// Spaces become `▁`.
        case markSpaces
        /// A `▁` in front.
        case prependMark(Prefix)
        /// A space in front of a stretch that does not begin with one.
        case prependSpace
        /// Control characters out, every white space a plain one.
        case cleaned
        /// A space on both sides of every ideograph.
        case ideographsApart
        /// Canonical decomposition without its nonspacing marks.
        case withoutAccents
        case lowercase
    }

    /// Where a mark is set in front.
    enum Prefix: Sendable, Equatable {
        /// Of every stretch that is not empty.
        case always
        /// Of every stretch that does not begin with one.
        case unlessThere
        /// The same, at the beginning of the text alone.
        case unlessThereAtStart
    }

    var steps: [Step] = []

    static let mark: [UInt8] = Array("▁".utf8)

    /// Gives `body` the changed stretch; where it comes from only when `tracking`.
    func apply(_ view: TextView, tracking: Bool, _ body: (TextView) -> Void) {
        Self.apply(steps[...], view, tracking, body)
    }

    /// The changed bytes.
    func apply(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        bytes.withUnsafeBufferPointer { bytes in
            apply(TextView(bytes: bytes, start: 0, ends: nil), tracking: false) { out = Array($0.bytes) }
        }
        return out
    }

    private static func apply(
        _ steps: ArraySlice<Step>, _ view: TextView, _ tracking: Bool, _ body: (TextView) -> Void
    ) {
        guard let step = steps.first else { return body(view) }
        if step.leaves(view) { return apply(steps.dropFirst(), view, tracking, body) }
        var out = AlignedText(capacity: view.bytes.count + view.bytes.count / 4 + 4, isTracking: tracking)
        step.rewrite(view, into: &out)
        out.withView(start: view.start) { apply(steps.dropFirst(), $0, tracking, body) }
    }
}

extension TextNormalizer.Step {
    /// Whether a step changes nothing here; found out without work for the text that is most common.
    fileprivate func leaves(_ view: TextView) -> Bool {
        switch self {
        case .composed: CanonicalForm.composed.leaves(view.bytes)
        case .withoutAccents: CanonicalForm.decomposed.leaves(view.bytes)
        case .markSpaces: !view.bytes.contains(UInt8(ascii: " "))
        case .prependMark(.always): view.bytes.isEmpty
        case .prependMark(.unlessThereAtStart) where view.start > 0: true
        case .prependMark: view.bytes.isEmpty || view.bytes.starts(with: TextNormalizer.mark)
        case .prependSpace: view.bytes.isEmpty || view.bytes.first == UInt8(ascii: " ")
        case .cleaned: view.bytes.allSatisfy { 0x20...0x7E ~= $0 }
        case .ideographsApart: view.bytes.allSatisfy { $0 < 0xE3 }
        case .lowercase: view.bytes.allSatisfy { $0 < 0x80 && !(0x41...0x5A ~= $0) }
        }
    }

    fileprivate func rewrite(_ view: TextView, into out: inout AlignedText) {
        switch self {
        case .composed: CanonicalForm.composed.rewrite(view, into: &out)
        case .markSpaces:
            var start = 0
            for (index, byte) in view.bytes.enumerated() where byte == UInt8(ascii: " ") {
                if start < index { out.copy(start..<index, of: view) }
                out.append(TextNormalizer.mark, for: index..<index + 1, of: view)
                start = index + 1
            }
            out.copy(start..<view.bytes.count, of: view)
        case .prependMark:
            out.append(TextNormalizer.mark, for: 0..<0, of: view)
            out.copy(0..<view.bytes.count, of: view)
        case .prependSpace:
            out.append([UInt8(ascii: " ")], for: 0..<0, of: view)
            out.copy(0..<view.bytes.count, of: view)
        case .withoutAccents:
            CanonicalForm.decomposed.rewrite(view, into: &out) { !BertText.isAccent($0) }
        case .cleaned, .ideographsApart, .lowercase: BertText.rewrite(view, self, into: &out)
        }
    }
}
