/// A JSON value that knows where it stands, so that a wrong type is an error which names the file and the key path.
public struct JSONCursor: Sendable {
    /// The value.
    public let value: JSON
    /// The file or other source.
    public let place: String
    /// The keys and indices down to the value, as in `model.vocab[3]`; empty at the root.
    public let path: String

    /// A cursor at the root of a value.
    public init(_ value: JSON, place: String) { self.init(value, place: place, path: "") }

    private init(_ value: JSON, place: String, path: String) {
        self.value = value
        self.place = place
        self.path = path
    }

    /// Reads a file and stands at its root.
    public static func read(_ file: String) throws -> JSONCursor { JSONCursor(try JSON.read(file), place: file) }

    /// The member under `key`.
    ///
    /// - Throws: ``InputError`` when there is none or this is no object.
    public func member(_ key: String) throws -> JSONCursor {
        guard case .object = value else { throw wrong("an object") }
        guard let found = value[key] else {
            throw InputError("the key \(child(key)) is missing", at: place, remedy: "add it")
        }
        return JSONCursor(found, place: place, path: child(key))
    }

    /// The member under `key`, or nil when it is absent or `null`.
    public func optional(_ key: String) throws -> JSONCursor? {
        guard case .object = value else { throw wrong("an object") }
        guard let found = value[key], found != .null else { return nil }
        return JSONCursor(found, place: place, path: child(key))
    }

    /// All members of an object, in order.
    public func members() throws -> [(key: String, value: JSONCursor)] {
        guard case .object(let members) = value else { throw wrong("an object") }
        return members.map { ($0.0, JSONCursor($0.1, place: place, path: child($0.0))) }
    }

    /// All elements of a list.
    public func elements() throws -> [JSONCursor] {
        guard case .array(let elements) = value else { throw wrong("a list") }
        return elements.enumerated().map { JSONCursor($1, place: place, path: "\(path)[\($0)]") }
    }

    /// The value as a text.
    public func string() throws -> String {
        guard case .string(let text) = value else { throw wrong("a text") }
        return text
    }

    /// The value as a whole number; `2.0` counts as 2.
    public func int() throws -> Int {
        switch value {
        case .integer(let number): return number
        case .number(let number):
            guard let whole = Int(exactly: number) else { throw wrong("a whole number") }
            return whole
        default: throw wrong("a whole number")
        }
    }

    /// The value as a whole number within bounds: every number that sizes memory or a loop has an end.
    package func int(_ bounds: ClosedRange<Int>) throws -> Int {
        let number = try int()
        guard bounds ~= number else {
            throw error("\(number) is out of range", remedy: "write \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// The value as a finite number within bounds.
    package func double(_ bounds: ClosedRange<Double>) throws -> Double {
        let number = try double()
        guard bounds ~= number else {
            throw error("\(number) is out of range", remedy: "write \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// The value as a number.
    public func double() throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw wrong("a number")
        }
    }

    /// The value as true or false.
    public func bool() throws -> Bool {
        guard case .bool(let truth) = value else { throw wrong("true or false") }
        return truth
    }

    /// Refuses an object that has other keys than these, by the first of them.
    package func onlyKeys(_ allowed: Set<String>) throws {
        for (key, value) in try members() where !allowed.contains(key) {
            throw value.error("an unknown key", remedy: "use one of \(allowed.sorted().joined(separator: ", "))")
        }
    }

    /// An error about this value.
    public func error(_ what: String, remedy: String) -> InputError {
        InputError(path.isEmpty ? what : "\(path): \(what)", at: place, remedy: remedy)
    }

    private func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func wrong(_ wanted: String) -> InputError {
        let found =
            switch value {
            case .null: "null"
            case .bool(let truth): String(truth)
            case .integer(let number): String(number)
            case .number(let number): "\(number)"
            case .string(let text): "\"\(text.prefix(40))\""
            case .array: "a list"
            case .object: "an object"
            }
        return InputError(
            "\(path.isEmpty ? "the value" : path) is \(found), and \(wanted) is wanted", at: place,
            remedy: "correct the value")
    }
}
