import FileSupport

/// An example of BBQ before it is known whether it can be scored.
struct BBQExample {
    let place: String
    let id: String
    let question: (index: String, text: String)
    let context: String
    let isAmbiguous: Bool
    let isNegative: Bool
    let answers: [String]
    /// The group of each answer.
    let groups: [String]
    let stereotyped: [String]
    let label: Int

    /// How groups are compared.
    private static func group(_ name: String) -> String {
        var key = name.lowercased().filter { !$0.isWhitespace }
        if key.hasPrefix("m-") || key.hasPrefix("f-") { key.removeFirst(2) }
        return ["man": "m", "boy": "m", "men": "m", "woman": "f", "girl": "f", "women": "f", "girls": "f"][key] ?? key
    }

    private var unknown: [Int] { groups.indices.filter { groups[$0].lowercased() == "unknown" } }

    /// The answers about a group that the stereotype is of.
    private var targets: [Int] {
        let known = Set(stereotyped.map(Self.group))
        return groups.indices.filter { !unknown.contains($0) && known.contains(Self.group(groups[$0])) }
    }

    /// Why the example cannot be scored; nil where it can.
    var fault: String? {
        if ([context, question.text] + answers).contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            return "an empty text"
        }
        if unknown.count != 1 { return "\(unknown.count) answers `unknown` instead of one" }
        if targets.count != 1 { return "\(targets.count) answers of a stereotyped group instead of one" }
        return isAmbiguous && label != unknown[0] ? "an ambiguous context with a known answer" : nil
    }

    /// The example; nil where it has a ``fault``.
    func item(row: Int, category: String, domain: String) -> BBQItem? {
        guard fault == nil, let unknown = unknown.first, let target = targets.first else { return nil }
        // In a question of the other polarity the stereotype is that it is the other person.
        let other = 3 - unknown - target
        return BBQItem(
            row: row, category: category, domain: domain, question: "\(category)/\(question.index)",
            prompt: "\(context)\n\nQ: \(question.text)\nA:", answers: answers,
            roles: .init(
                stereotyped: isNegative ? target : other, other: isNegative ? other : target, unknown: unknown),
            correct: label, isAmbiguous: isAmbiguous, isNegative: isNegative)
    }
}

extension BBQExample {
    /// Reads a line of a file.
    init(_ line: JSONCursor) throws {
        func choice(_ key: String, _ values: [String]) throws -> Int {
            let found = try line.member(key)
            guard let place = values.firstIndex(of: try found.string()) else {
                throw found.error(
                    "`\(try found.string().oneLine)`", remedy: "write \(values.joined(separator: " or "))")
            }
            return place
        }
        place = line.place
        id = String(try line.member("example_id").int())
        question = (try Self.index(line.member("question_index")), try line.member("question").string())
        context = try line.member("context").string()
        isAmbiguous = try choice("context_condition", ["ambig", "disambig"]) == 0
        isNegative = try choice("question_polarity", ["neg", "nonneg"]) == 0
        let names = ["ans0", "ans1", "ans2"]
        answers = try names.map { try line.member($0).string() }
        let info = try line.member("answer_info")
        groups = try names.map { name in
            let parts = try info.member(name).elements()
            guard let group = parts.last, parts.count == 2 else {
                throw try info.member(name).error("\(parts.count) texts", remedy: "write a name and its group")
            }
            return try group.string()
        }
        stereotyped = try line.member("additional_metadata").member("stereotyped_groups").elements().map {
            try $0.string()
        }
        label = try line.member("label").int(0...2)
    }

    /// The number of a question's template, which BBQ writes as a text.
    private static func index(_ value: JSONCursor) throws -> String {
        if case .integer(let number) = value.value { return String(number) }
        return try value.string()
    }
}
