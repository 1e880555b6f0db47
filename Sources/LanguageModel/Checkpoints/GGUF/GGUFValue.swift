/// A metadata value of a GGUF file.
public enum GGUFValue: Sendable, Equatable {
    /// A whole number of any width.
    case integer(Int64)
    /// A whole number beyond Int64.
    case large(UInt64)
    /// A number of single or double precision.
    case real(Double)
    /// True or false.
    case flag(Bool)
    /// A text, or bytes that are none.
    case text([UInt8])
    /// Whole numbers: token kinds, merges by index.
    case integers([Int64])
    /// Numbers: scores.
    case reals([Float])
    /// Texts: tokens, merges.
    case texts([[UInt8]])
    /// Any other list, by number of entries alone.
    case list(count: Int)

    /// The value as a whole number.
    public var integer: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .real(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value as a number.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .large(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }

    /// The value as text.
    public var string: String? {
        guard case .text(let bytes) = self else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
