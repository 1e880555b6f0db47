import Foundation

/// A JSON value whose objects keep the order of their members.
///
/// Whole numbers and other numbers are different cases, so that ids and byte counts stay exact and `1.0` is written
/// as `1.0`. Keys are compared by their UTF-8 bytes: Swift's `==` on strings is canonical equivalence, under which two
/// different entries of a vocabulary would be one.
public enum JSON: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int)
    /// Any other number; one that is not finite is written as null, with a member beside it that says so.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSON])
    /// Members in their order.
    case object([(String, JSON)])

    /// A number whose shortest text is that of the single-precision value.
    public static func single(_ value: Float) -> JSON {
        value.isFinite ? .number(Double("\(value)") ?? Double(value)) : .number(Double(value))
    }

    /// A value's JSON, the members in order of name.
    ///
    /// - Throws: what `value` throws.
    package init(encoding value: some Encodable) throws {
        let (nan, up, down) = ("\u{FFFF}NaN", "\u{FFFF}inf", "\u{FFFF}-inf")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: up, negativeInfinity: down, nan: nan)
        func restored(_ value: JSON) -> JSON {
            switch value {
            case .string(nan): .number(.nan)
            case .string(up): .number(.infinity)
            case .string(down): .number(-.infinity)
            case .array(let elements): .array(elements.map(restored))
            case .object(let members): .object(members.map { ($0.0, restored($0.1)) })
            default: value
            }
        }
        self = restored(try JSON.parse([UInt8](try encoder.encode(value)), place: "a value"))
    }

    /// The member of an object under `key`, compared by bytes; nil when there is none or this is no object.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0.utf8.elementsEqual(key.utf8) }?.1
    }

    /// The same object with `key` set to `value`: in its old place, or at the end when it is new.
    public func setting(_ key: String, to value: JSON) -> JSON {
        guard case .object(var members) = self else { return .object([(key, value)]) }
        if let index = members.firstIndex(where: { $0.0.utf8.elementsEqual(key.utf8) }) {
            members[index].1 = value
        } else {
            members.append((key, value))
        }
        return .object(members)
    }

    /// The same object with all members of another set.
    public func setting(_ others: JSON) -> JSON {
        guard case .object(let members) = others else { return self }
        return members.reduce(self) { $0.setting($1.0, to: $1.1) }
    }
}

extension JSON: Equatable {
    /// Equal in kind, order of members and every byte of every text; a NaN equals a NaN.
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.integer(let x), .integer(let y)): x == y
        case (.number(let x), .number(let y)): x == y || (x.isNaN && y.isNaN)
        case (.string(let x), .string(let y)): x.utf8.elementsEqual(y.utf8)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)):
            x.count == y.count && zip(x, y).allSatisfy { $0.0.utf8.elementsEqual($1.0.utf8) && $0.1 == $1.1 }
        default: false
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object with the members in the order written.
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
}
