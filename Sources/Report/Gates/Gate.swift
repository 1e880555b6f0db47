import FileSupport

/// A condition on one number of report.json under which the report counts as failed: `PATH OP NUMBER`.
public struct Gate: Sendable, Equatable {
    /// How the number is compared.
    public enum Comparison: String, Sendable, CaseIterable {
        /// Smaller than.
        case less = "<"
        /// Smaller than or equal to.
        case lessOrEqual = "<="
        /// Greater than.
        case greater = ">"
        /// Greater than or equal to.
        case greaterOrEqual = ">="
        /// Equal to.
        case equal = "=="

        /// Whether `a OP b`; false when either is NaN.
        func holds(_ a: Double, _ b: Double) -> Bool {
            switch self {
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .equal: a == b
            }
        }
    }

    /// The text as given.
    public let expression: String
    /// Path in report.json, for example `quality.perplexity.change`.
    public let path: String
    /// The comparison.
    public let comparison: Comparison
    /// What the number is compared with.
    public let number: Double

    /// Reads `PATH OP NUMBER`; spaces around the comparison are free.
    ///
    /// - Throws: `InputError` that says which part is missing or wrong.
    public init(parsing text: String) throws {
        func wrong(_ what: String) -> InputError {
            InputError(
                what, at: "--fail-if '\(text)'",
                remedy: "write PATH OP NUMBER, for example 'quality.perplexity.change > 0.1'")
        }
        guard text.utf8.count <= 1_000 else { throw wrong("\(text.utf8.count) bytes, and 1,000 are the most") }
        guard let parts = text.wholeMatch(of: /(?s)\s*([^<>=!]*?)\s*([<>=!]+)\s*(.*?)\s*/)?.output else {
            throw wrong("no comparison; one of < <= > >= == is wanted")
        }
        guard let comparison = Comparison(rawValue: String(parts.2)) else {
            throw wrong("'\(parts.2)' is no comparison; one of < <= > >= == is wanted")
        }
        (path, self.comparison) = (String(parts.1), comparison)
        guard !path.isEmpty, !path.contains(where: \.isWhitespace) else { throw wrong("'\(path)' is no path") }
        let last = parts.3
        // Double(_:) also reads "nan" and hexadecimal; a limit must be a plain finite number.
        guard last.allSatisfy({ "0123456789+-.eE".contains($0) }), let number = Double(last), number.isFinite else {
            throw wrong("'\(last)' is no number")
        }
        self.number = number
        expression = text.oneLine
    }

    /// Holds the gate against a report.
    ///
    /// - `fail`: the condition is true.
    /// - `warning`: it is false, but the number's interval reaches past the limit, or the number is not finite.
    /// - `pass`: it is false.
    /// - `skipped`: the number was not computed.
    /// - `error`: there is no such path, or it holds no number; the nearest path is named.
    public func evaluate(on report: JSON) -> GateResult {
        func result(_ status: GateStatus, _ value: Double?, _ reason: String) -> GateResult {
            GateResult(expression: expression, status: status, value: value, reason: reason)
        }
        guard let found = report.at(path) else {
            let near = nearest(in: report).map { "; the nearest is \($0)" } ?? ""
            return result(.error, nil, "no such path in report.json" + near)
        }
        if case .null = found { return result(.skipped, nil, "not computed" + reason(beside: report)) }
        guard let value = found.asNumber else {
            let near = nearest(in: found, prefix: path).map { "; a number below it is \($0)" } ?? ""
            return result(.error, nil, "holds no number" + near)
        }
        if comparison.holds(value, number) { return result(.fail, value, "the condition is true") }
        if !value.isFinite { return result(.warning, value, "the number is not finite") }
        if let end = intervalEnd(report) {
            return result(.warning, value, "the value passes, but its interval reaches \(NumberText.text(end))")
        }
        return result(.pass, value, "the condition is false")
    }

    // The end of the interval of `x.value` that makes the condition true, if one does.
    private func intervalEnd(_ report: JSON) -> Double? {
        guard path.hasSuffix(".value"), comparison != .equal else { return nil }
        let base = path.dropLast("value".count)
        return ["lower", "upper"].compactMap { report.at(base + $0)?.asNumber }.first { comparison.holds($0, number) }
    }

    private func reason(beside report: JSON) -> String {
        var parts = path.split(separator: ".").dropLast()
        while !parts.isEmpty {
            if case .string(let text) = report.at((parts + ["reason"]).joined(separator: ".")) { return ": " + text }
            parts = parts.dropLast()
        }
        return ""
    }

    // Numbers and nulls are what a gate may name; the path with the fewest edits is meant.
    private func nearest(in tree: JSON, prefix: String = "") -> String? {
        let wanted = Array(path.unicodeScalars)
        return tree.leaves(prefix).filter { $0.value.asNumber != nil || $0.value == .null }
            .map { (path: $0.path, edits: NearestName.edits(Array($0.path.unicodeScalars), wanted)) }
            .min { $0.edits < $1.edits }?.path
    }
}
