import FileSupport

/// The words of a row that most make the model itself call the row harmful: see ``WordAttribution``.
public struct AttributionSelection: HarmfulWordSelection {
    /// `attribution`.
    public static let name = "attribution"
    /// What it does.
    public static let summary = "the words of each row by which the model itself calls it harmful"
    /// How many, and what the model is asked.
    public static let argument = HarmfulWordSelections.Argument.count

    private let top: Int
    private let question: AttributionQuestion

    /// - Parameter value: `top=COUNT`, and with commas between them `cue=TEXT`, `harmful=WORD WORD …`, `harmless=WORD WORD …` where
    ///   the model is to be asked another question.
    /// - Throws: `InputError` for another form, and a question that cannot be asked.
    public init(_ value: String) throws {
        func wrong(_ what: String) -> InputError {
            InputError(
                what, at: "harmful.attribution",
                remedy: "write top=COUNT, then as you like ,cue=TEXT ,harmful=WORDS ,harmless=WORDS")
        }
        let options = try Self.options(value, wrong)
        guard let text = options["top"] else { throw wrong("'\(value)' does not say how many words of a row") }
        guard let top = Int(text), top > 0 else { throw wrong("top is '\(text)', not a whole number from 1") }
        func words(_ name: String, _ standard: [String]) -> [String] {
            options[name]?.split(whereSeparator: \.isWhitespace).map(String.init) ?? standard
        }
        self.top = top
        question = try AttributionQuestion(
            cue: options["cue"] ?? AttributionQuestion.standardCue,
            harmful: words("harmful", AttributionQuestion.standardHarmful),
            harmless: words("harmless", AttributionQuestion.standardHarmless))
    }

    /// `NAME=VALUE` with commas between them; a value may hold commas, as long as no known name comes after.
    private static func options(_ value: String, _ wrong: (String) -> InputError) throws -> [String: String] {
        let names = ["top", "cue", "harmful", "harmless"]
        var options: [String: String] = [:]
        var last: String?
        for part in value.split(separator: ",", omittingEmptySubsequences: false) {
            let name = part.firstIndex(of: "=").map { String(part[..<$0]) }
            if let name, names.contains(name) {
                guard options.updateValue(String(part.dropFirst(name.count + 1)), forKey: name) == nil else {
                    throw wrong("'\(name)' is given twice")
                }
                last = name
            } else if let open = last {
                options[open, default: ""] += "," + part
            } else {
                throw wrong("'\(part)' is none of " + names.map { $0 + "=" }.joined(separator: ", "))
            }
        }
        return options
    }

    /// Makes ready to ask the model.
    ///
    /// - Throws: `InputError` without a model, for a masked one, and what loading it throws.
    public func finder(for source: SelectionSource) throws -> any HarmfulWordFinder {
        guard let model = source.model else {
            throw InputError(
                "attribution asks a model, and none is named", at: "harmful.attribution",
                remedy: "name one, as words --model does, or use another source of harmful words")
        }
        let (asked, tokenizer) = try model.checkpoint()
        return Finder(
            attribution: try WordAttribution(asked, tokenizer: tokenizer, question: question), model: model, top: top,
            source: sourceInWords)
    }

    private var sourceInWords: String {
        "attribution, of each row the \(top) " + (top == 1 ? "word" : "words")
            + " with most gradient × input, if above 0, of log p(\(question.harmful.joined(separator: ", "))) − log p("
            + "\(question.harmless.joined(separator: ", "))) after \"\(question.cue)\""
    }

    private struct Finder: HarmfulWordFinder {
        let attribution: WordAttribution
        let model: SelectionModel
        let top: Int
        let source: String

        func ranges(in row: ForgetRow) -> [Range<Int>] {
            model.ranges(source, in: row) {
                let raising = attribution.answer(about: row.text).words.filter { $0.attribution > 0 }
                // The earlier of two as high.
                let most = raising.sorted {
                    ($1.attribution, $0.bytes.lowerBound) < ($0.attribution, $1.bytes.lowerBound)
                }
                return most.prefix(top).map(\.bytes).sorted { $0.lowerBound < $1.lowerBound }
            }
        }
    }
}
