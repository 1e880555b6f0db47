import FileSupport

/// Something of an objective that can be set, with its default and its bounds.
public struct ObjectiveOption: Sendable, Equatable {
    /// A value; `0.5`, `7` and `"mean"` can be written as they are.
    public enum Value: Sendable, Equatable, Encodable {
        /// A number.
        case number(Double)
        /// A whole number.
        case whole(Int)
        /// A word, or a number as written.
        case text(String)

        /// The bare value.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let value): try container.encode(value)
            case .whole(let value): try container.encode(value)
            case .text(let value): try container.encode(value)
            }
        }
    }

    /// The values that it may have.
    public enum Bounds: Sendable, Equatable {
        /// A number, the ends included.
        case number(ClosedRange<Double>)
        /// A number above a bound.
        case above(Double)
        /// A whole number, the ends included.
        case whole(ClosedRange<Int>)
        /// One of some words.
        case choice([String])
    }

    /// The key in a study file.
    public let name: String
    /// What it means, in a line.
    public let summary: String
    /// The value when nothing is said.
    public let initial: Value
    /// The values that it may have.
    public let bounds: Bounds

    /// Describes an option.
    public init(_ name: String, _ summary: String, initial: Value, _ bounds: Bounds) {
        self.name = name
        self.summary = summary
        self.initial = initial
        self.bounds = bounds
    }

    /// A value as this option has it: a text is read as a number where one is wanted.
    ///
    /// - Throws: `InputError` for a value of another kind or out of bounds.
    func checked(_ value: Value, at place: String) throws -> Value {
        func wanted(_ what: String) -> InputError {
            InputError("the option '\(name)' is \(value.text)", at: place, remedy: "give \(what)")
        }
        switch bounds {
        case .number(let range):
            guard let number = value.number, range.contains(number) else {
                throw wanted("a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(number)
        case .above(let bound):
            guard let number = value.number, number > bound, number.isFinite else {
                throw wanted("a number above \(bound)")
            }
            return .number(number)
        case .whole(let range):
            guard let number = value.whole, range.contains(number) else {
                throw wanted("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .whole(number)
        case .choice(let words):
            guard case .text(let word) = value, words.contains(word) else {
                throw wanted(words.joined(separator: " or "))
            }
            return value
        }
    }
}

extension ObjectiveOption.Bounds: CustomStringConvertible {
    /// In words.
    public var description: String {
        // Bounds are whole numbers more often than not.
        func short(_ bound: Double) -> String { Int(exactly: bound).map(String.init) ?? "\(bound)" }
        return switch self {
        case .number(let range): "number, \(short(range.lowerBound)) to \(short(range.upperBound))"
        case .above(let bound): "number above \(short(bound))"
        case .whole(let range): "whole number, \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: " or ")
        }
    }
}

extension ObjectiveOption.Value: CustomStringConvertible {
    /// As a study file has it.
    public var description: String {
        switch self {
        case .number(let value): "\(value)"
        case .whole(let value): "\(value)"
        case .text(let value): value
        }
    }
}

extension ObjectiveOption.Value: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .whole(value) }
    /// A word, or a number as written.
    public init(stringLiteral value: String) { self = .text(value) }

    fileprivate var text: String { if case .text(let value) = self { "'\(value)'" } else { description } }

    fileprivate var number: Double? {
        switch self {
        case .number(let value): value
        case .whole(let value): Double(value)
        case .text(let value): Double(value)
        }
    }

    fileprivate var whole: Int? {
        switch self {
        case .number(let value): Int(exactly: value)
        case .whole(let value): value
        case .text(let value): Int(value)
        }
    }
}

/// The values of an objective's options, checked, one for each.
public struct ObjectiveOptions: Sendable, Equatable, Encodable {
    /// By option name.
    public let values: [String: ObjectiveOption.Value]

    /// The defaults of an objective.
    init(defaultsOf type: any UnlearningObjective.Type) {
        values = Dictionary(uniqueKeysWithValues: type.options.map { ($0.name, $0.initial) })
    }

    /// Given values, and the defaults of the others.
    ///
    /// - Throws: `InputError` for an option that the objective does not have, and a value out of bounds.
    init(_ given: [String: ObjectiveOption.Value], of type: any UnlearningObjective.Type, at place: String) throws {
        let known = type.options.map(\.name)
        if let name = given.keys.sorted().first(where: { !known.contains($0) }) {
            let nearest = NearestName.of(name, among: known).map { "did you mean '\($0)'?" }
            let all = known.isEmpty ? "leave it out" : "its options: " + known.joined(separator: ", ")
            throw InputError("\(type.name) has no option '\(name)'", at: place, remedy: nearest ?? all)
        }
        values = try Dictionary(
            uniqueKeysWithValues: type.options.map {
                ($0.name, try $0.checked(given[$0.name] ?? $0.initial, at: place))
            })
    }

    /// The value of an option that is a number.
    public func number(_ name: String) -> Double {
        guard let number = values[name]?.number else { preconditionFailure("no number '\(name)' among the options") }
        return number
    }

    /// The value of an option that is a whole number.
    public func whole(_ name: String) -> Int {
        guard let number = values[name]?.whole else { preconditionFailure("no whole '\(name)' among the options") }
        return number
    }

    /// The word that an option is.
    public func choice(_ name: String) -> String {
        guard case .text(let word) = values[name] else { preconditionFailure("no word '\(name)' among the options") }
        return word
    }
}
