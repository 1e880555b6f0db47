import FileSupport

/// Reads a GGUF header from front to back; every read is checked against the end of the file.
struct GGUFCursor {
    /// A tensor as the header tells it.
    struct TensorInfo {
        var name: String
        var type: GGUFElementType
        var shape: [Int]
        var offset: Int
    }

    static let again = "the file is damaged; download it again"
    private static let textLimit = 1 << 24

    let file: MappedFile
    private(set) var offset = 0
    var total: Int { file.bytes.count }

    init(_ file: MappedFile, from start: Int = 0) {
        self.file = file
        offset = start
    }

    /// Whether a GGUF header begins at a byte.
    static func isHeader(_ file: MappedFile, at offset: Int) -> Bool {
        offset <= file.bytes.count && file.bytes[offset...].starts(with: "GGUF".utf8)
    }

    /// Magic, version and counts.
    mutating func header() throws -> (tensors: Int, metadata: Int) {
        let magic = file.bytes[offset...].prefix(4)
        if magic.elementsEqual("FUGG".utf8) { throw bigEndian("FUGG") }
        if ["lmgg", "fmgg", "tjgg", "algg"].contains(where: { magic.elementsEqual($0.utf8) }) {
            throw InputError(
                "a GGML file from before GGUF", at: file.path,
                remedy: "take the model's .gguf file, or convert it again")
        }
        guard Self.isHeader(file, at: offset) else {
            throw InputError("no GGUF file", at: file.path, remedy: "name a .gguf file")
        }
        offset += 4
        let version: UInt32 = try number("the version")
        guard (2...3).contains(version) else {
            if 1...3 ~= version.byteSwapped { throw bigEndian("version \(version.byteSwapped)") }
            throw InputError("GGUF version \(version)", at: file.path, remedy: "convert it to version 3")
        }
        return (try count("the number of tensors", least: 24), try count("the number of metadata keys", least: 13))
    }

    mutating func metadata(count: Int) throws -> [(key: String, value: GGUFValue)] {
        var out: [(key: String, value: GGUFValue)] = []
        var seen: Set<String> = []
        for _ in 0..<count {
            let key = try name("metadata key", notIn: &seen)
            let type: UInt32 = try number(key)
            out.append((key, try value(type, key)))
        }
        return out
    }

    mutating func tensors(count: Int) throws -> [TensorInfo] {
        var out: [TensorInfo] = []
        var seen: Set<String> = []
        for _ in 0..<count {
            let name = try name("tensor", notIn: &seen)
            let dimensions: UInt32 = try number(name)
            guard (1...4).contains(dimensions) else {
                throw damage("the tensor \(name) has \(dimensions) dimensions")
            }
            var shape: [Int] = []
            for _ in 0..<dimensions {
                let size: UInt64 = try number(name)
                guard let size = Int(exactly: size) else {
                    throw damage("the tensor \(name) has a size of \(size)")
                }
                shape.insert(size, at: 0)
            }
            let type: UInt32 = try number(name)
            guard let known = GGUFElementType(rawValue: type) else {
                let title = GGUFElementType.foreign[type] ?? "number \(type)"
                throw InputError(
                    "the tensor \(name) has the element type \(title), which is not read", at: file.path,
                    remedy: "take a file of another quantization, such as Q8_0 or Q4_K_M")
            }
            let start: UInt64 = try number(name)
            guard let start = Int(exactly: start) else {
                throw damage("the tensor \(name) lies at byte \(start)")
            }
            out.append(TensorInfo(name: name, type: known, shape: shape, offset: start))
        }
        return out
    }

    // MARK: Values

    private mutating func value(_ type: UInt32, _ key: String) throws -> GGUFValue {
        switch type {
        case 0: return .integer(Int64(try number(key) as UInt8))
        case 1: return .integer(Int64(try number(key) as Int8))
        case 2: return .integer(Int64(try number(key) as UInt16))
        case 3: return .integer(Int64(try number(key) as Int16))
        case 4: return .integer(Int64(try number(key) as UInt32))
        case 5: return .integer(Int64(try number(key) as Int32))
        case 6: return .real(Double(Float(bitPattern: try number(key))))
        case 7: return .flag(try number(key) as UInt8 != 0)
        case 8: return .text(try bytes(key))
        case 9: return try list(key)
        case 10:
            let value: UInt64 = try number(key)
            return Int64(exactly: value).map(GGUFValue.integer) ?? .large(value)
        case 11: return .integer(try number(key))
        case 12: return .real(Double(bitPattern: try number(key)))
        default:
            throw damage("the metadata key \(key) has value type \(type)")
        }
    }

    private mutating func list(_ key: String) throws -> GGUFValue {
        let type: UInt32 = try number(key)
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8]
        guard let size = sizes[type] else {
            throw damage("the metadata key \(key) is a list of type \(type)")
        }
        let count = try count(key, least: size)
        switch type {
        case 8: return .texts(try (0..<count).map { _ in try bytes(key) })
        case 6: return .reals(try (0..<count).map { _ in Float(bitPattern: try number(key)) })
        case 4: return .integers(try (0..<count).map { _ in Int64(try number(key) as UInt32) })
        case 5: return .integers(try (0..<count).map { _ in Int64(try number(key) as Int32) })
        default:
            offset += count * size
            return .list(count: count)
        }
    }

    /// A count whose entries, of at least so many bytes each, have room in the rest of the file.
    private mutating func count(_ what: String, least size: Int) throws -> Int {
        let value: UInt64 = try number(what)
        guard value <= UInt64((total - offset) / size) else {
            throw damage("the file is cut off: \(what) claims \(value)")
        }
        return Int(value)
    }

    private mutating func number<T: FixedWidthInteger>(_ what: String) throws -> T {
        let size = MemoryLayout<T>.size
        guard total - offset >= size else {
            throw damage("the file is cut off at \(what)")
        }
        defer { offset += size }
        return T(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    private mutating func bytes(_ what: String) throws -> [UInt8] {
        let length = try count(what, least: 1)
        guard length <= Self.textLimit else {
            throw damage("\(what) is a text of \(length) bytes")
        }
        defer { offset += length }
        return [UInt8](file.bytes[offset..<offset + length])
    }

    private func bigEndian(_ sign: String) -> InputError {
        InputError(
            "a big-endian GGUF file (\(sign) with its bytes in that order)", at: file.path,
            remedy: "turn it with gguf-convert-endian of the gguf package, or take the little-endian file")
    }

    private func damage(_ what: String) -> InputError { InputError(what, at: file.path, remedy: Self.again) }

    /// The name of a tensor or of a key, which no other has.
    private mutating func name(_ kind: String, notIn seen: inout Set<String>) throws -> String {
        let bytes = try bytes("the name of a \(kind)")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw damage("the name of a \(kind) is no UTF-8")
        }
        guard seen.insert(text).inserted else {
            throw damage("the \(kind) \(text) stands twice")
        }
        return text
    }
}
