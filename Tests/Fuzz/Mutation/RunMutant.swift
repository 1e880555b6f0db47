import CHDF5
import FileSupport
import Foundation
import LinearAlgebra
import RunStore

/// A change to a run.h5, chosen by a seed: bytes of the file, or fields through HDF5 itself.
///
/// A dataset that is changed through HDF5 gets the hash of its new content, so that what is found is not its hash.
struct RunMutant {
    let file: String
    private var random: RandomStream

    init(_ file: String, seed: UInt64) {
        self.file = file
        random = RandomStream(seed: seed, label: "mutant")
    }

    /// What HDF5 itself cannot do to a file is no mutant.
    struct Impossible: Error {}

    private static func require(_ condition: Bool) throws {
        guard condition else { throw Impossible() }
    }

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(count, 1))) }
    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    // MARK: Bytes

    /// Changes one to eight bytes, most of them where the library keeps its own structures, or cuts the file.
    mutating func changeBytes() throws -> String {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let heads = ["TREE", "HEAP", "SNOD", "GCOL"].flatMap { head in Self.places(of: Array(head.utf8), in: bytes) }
        if below(20) == 0 {
            bytes = bytes.prefix(below(bytes.count))
            try bytes.write(to: URL(fileURLWithPath: file))
            return "cut to \(bytes.count) bytes"
        }
        var changes: [String] = []
        for _ in 0...below(8) {
            let near = below(4) > 0 && !heads.isEmpty ? pick(heads) - 256 + below(1024) : below(bytes.count)
            let place = min(max(near, 0), bytes.count - 1)
            let value = pick([UInt8(below(256)), 0, 1, 0x7F, 0x80, 0xFF, bytes[place] ^ (1 << UInt8(below(8)))])
            bytes[place] = value
            changes.append("\(place)=\(value)")
        }
        try bytes.write(to: URL(fileURLWithPath: file))
        return "bytes " + changes.joined(separator: " ")
    }

    private static func places(of word: [UInt8], in bytes: Data) -> [Int] {
        var found: [Int] = []
        var from = bytes.startIndex
        while let range = bytes.range(of: Data(word), in: from..<bytes.endIndex) {
            found.append(range.lowerBound)
            from = range.upperBound
        }
        return found
    }

    // MARK: Fields

    /// Changes one field: a dataset's shape, type, values or presence, or an attribute.
    mutating func changeField() throws -> String {
        let file = H5Fopen(self.file, 1, ds_h5_default())
        try Self.require(file >= 0)
        defer { _ = ds_h5_close_file(file) }
        let (datasets, groups) = try Self.members(file)
        try Self.require(!datasets.isEmpty)
        switch below(10) {
        case 0:
            let path = pick(datasets + groups)
            try Self.require(H5Ldelete(file, path, ds_h5_default()) >= 0)
            return "without \(path)"
        case 1, 2: return try changeAttribute(pick(["/"] + datasets + groups), file)
        case 3, 4:
            // The texts of records and the analysis hold most of what is read.
            let texts = datasets.filter { ($0 as NSString).lastPathComponent == "json" || $0.hasPrefix("/provenance/") }
            return try changeValues(pick(texts.isEmpty ? datasets : texts), file)
        default: return try changeValues(pick(datasets), file)
        }
    }

    static func members(_ file: hid_t) throws -> (datasets: [String], groups: [String]) {
        final class Found { var datasets: [String] = [], groups: [String] = [] }
        let found = Found()
        let isVisited = H5Ovisit(
            file, H5_INDEX_NAME, H5_ITER_NATIVE,
            { _, name, info, context in
                guard let name, let info, let context else { return -1 }
                let found = Unmanaged<Found>.fromOpaque(context).takeUnretainedValue()
                let path = "/" + String(cString: name)
                if path != "/." {
                    if info.pointee.type == H5O_TYPE_DATASET {
                        found.datasets.append(path)
                    } else {
                        found.groups.append(path)
                    }
                }
                return 0
            }, Unmanaged.passUnretained(found).toOpaque())
        try Self.require(isVisited >= 0)
        return (found.datasets.sorted(), found.groups.sorted())
    }

    private static let numbers: [Double] = [
        -1, 0, 1, 2, -2, 7, 1e9, -1e9, 2_147_483_648, 9e18, -9e18, 1e300, -1e300, .nan, .infinity, -.infinity, 0.5,
    ]
    private static let texts = [
        "", "x", "NaN", "-1", "9223372036854775807", "a/b", "..", "\u{1B}[31m", "gender", "before", "race", "😀",
        "null", "[]", "{}",
    ]

    private mutating func changeAttribute(_ path: String, _ file: hid_t) throws -> String {
        let object = H5Oopen(file, path, ds_h5_default())
        defer { H5Oclose(object) }
        let known: [String] = [
            "step", "label", "tied", "complete", "packed", "_index", "column-order", "profile", "schema_version",
        ]
        let names = known.filter { H5Aexists(object, $0) > 0 }
        guard !names.isEmpty else { return try changeField(of: file) }
        let name = pick(names)
        H5Adelete(object, name)
        let kind = below(4)
        if kind == 0 { return "without \(path)@\(name)" }
        var size: [hsize_t] = [hsize_t(pick([0, 1, 2, 3, 1000]))]
        let space = below(2) == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, nil)
        defer { H5Sclose(space) }
        let count = Int(H5Sget_simple_extent_npoints(space))
        if kind == 1 {
            let texts = (0..<count).map { _ in pick(Self.texts) }
            return try Self.withTexts(texts) { type, pointers in
                let attribute = H5Acreate2(object, name, type, space, ds_h5_default(), ds_h5_default())
                if count > 0, attribute >= 0 { H5Awrite(attribute, type, pointers) }
                if attribute >= 0 { H5Aclose(attribute) }
                return "\(path)@\(name)=\(texts.prefix(3))"
            }
        }
        let value = pick(Self.numbers)
        let attribute = H5Acreate2(object, name, ds_h5_std_i64le(), space, ds_h5_default(), ds_h5_default())
        if attribute >= 0 {
            let values = [Double](repeating: value, count: count)
            if count > 0 { H5Awrite(attribute, ds_h5_native_double(), values) }
            H5Aclose(attribute)
        }
        return "\(path)@\(name)=\(value) x\(count)"
    }

    private mutating func changeField(of file: hid_t) throws -> String {
        try changeValues(pick(try Self.members(file).datasets), file)
    }

    /// Puts another dataset in the place of one: of another shape, type or content.
    private mutating func changeValues(_ path: String, _ file: hid_t) throws -> String {
        let old = H5Dopen2(file, path, ds_h5_default())
        let (space, type) = (H5Dget_space(old), H5Dget_type(old))
        let isText = H5Tget_class(type) == H5T_STRING
        var shape = [hsize_t](repeating: 0, count: max(0, Int(H5Sget_simple_extent_ndims(space))))
        H5Sget_simple_extent_dims(space, &shape, nil)
        var texts: [String] = []
        var values = [Double](repeating: 0, count: Int(shape.reduce(1, *)))
        if isText { texts = try Self.readTexts(old, space, values.count) }
        if !isText, H5Tget_class(type) != H5T_ENUM {
            H5Dread(old, ds_h5_native_double(), ds_h5_all(), ds_h5_all(), ds_h5_default(), &values)
        }
        var types = [
            ds_h5_ieee_f32le(), ds_h5_ieee_f64le(), ds_h5_std_i32le(), ds_h5_std_i64le(), ds_h5_std_i8le(),
        ]
        if !isText, H5Tget_class(type) != H5T_ENUM, below(4) > 0 { types = [H5Tcopy(type)] }
        let newType = pick(types)
        for id in [H5Dclose(old), H5Sclose(space), H5Tclose(type)] { try Self.require(id >= 0) }
        try Self.require(H5Ldelete(file, path, ds_h5_default()) >= 0)

        let keepsShape = below(3) > 0
        if !keepsShape {
            if shape.isEmpty || below(6) == 0 {
                shape = pick([[], [0], [1], [2], [1, 1], [3, 2], [2, 2, 2]])
            } else {
                let axis = below(shape.count)
                shape[axis] = pick([0, 1, shape[axis] + 1, max(shape[axis], 1) - 1, shape[axis] * 2])
            }
        }
        let count = Int(shape.reduce(1, *))
        let newSpace = shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), shape, nil)
        defer { H5Sclose(newSpace) }
        var what = "\(path) as \(shape)"
        if isText, below(8) > 0 {
            if texts.isEmpty { texts = [""] }
            texts = (0..<count).map { texts[$0 % texts.count] }
            if keepsShape || below(2) == 0, count > 0 {
                for _ in 0...below(3) {
                    let place = below(count)
                    texts[place] =
                        texts[place].first == "{" || texts[place].first == "["
                        ? changeJSON(texts[place]) : pick(Self.texts)
                    what += " \(place): \(texts[place].prefix(30))"
                }
            }
            return try Self.withTexts(texts) { type, pointers in
                try Self.create(path, in: file, type, newSpace, SHA256Hex.of(texts.flatMap { Array($0.utf8) + [0] })) {
                    count > 0 ? H5Dwrite($0, type, ds_h5_all(), ds_h5_all(), ds_h5_default(), pointers) : 0
                }
                return what
            }
        }
        if values.isEmpty { values = [0] }
        values = (0..<count).map { values[$0 % values.count] }
        if keepsShape || below(2) == 0, count > 0 {
            for _ in 0...pick([0, 3, count]) {
                let place = below(count)
                values[place] = pick(Self.numbers)
                what += what.count < 120 ? " \(place): \(values[place])" : ""
            }
        }
        try Self.create(path, in: file, newType, newSpace, nil) {
            count > 0 ? H5Dwrite($0, ds_h5_native_double(), ds_h5_all(), ds_h5_all(), ds_h5_default(), values) : 0
        }
        return what + " of type \(H5Tget_class(newType).rawValue)/\(H5Tget_size(newType))"
    }

    /// A JSON text with one of its numbers, words or marks changed, or cut.
    private mutating func changeJSON(_ text: String) -> String {
        var parts: [String] = []
        var word = ""
        for character in text {
            if "{}[],:\"".contains(character) {
                if !word.isEmpty { parts.append(word) }
                parts.append(String(character))
                word = ""
            } else {
                word.append(character)
            }
        }
        let numbers = parts.indices.filter { Double(parts[$0]) != nil }
        if below(20) == 0 { return parts.prefix(below(parts.count)).joined() }
        for _ in 0...below(4) {
            if !numbers.isEmpty, below(3) > 0 {
                parts[pick(numbers)] = pick([
                    "-1", "0", "1", "7", "9223372036854775807", "1e300", "-9", "1000000", "0.5",
                ])
            } else {
                let place = below(parts.count)
                parts[place] = pick([parts[place] + "x", "null", "\"NaN\"", "\"\"", "[]", ""])
            }
        }
        // A list may lose or repeat what stands between two commas.
        let commas = parts.indices.filter { parts[$0] == "," }
        if below(2) == 0, commas.count > 1 {
            let index = below(commas.count - 1)
            let range = commas[index]..<commas[index + 1]
            if below(2) == 0 {
                parts.removeSubrange(range)
            } else {
                parts.insert(contentsOf: parts[range], at: range.lowerBound)
            }
        }
        return parts.joined()
    }

    private static func create(
        _ path: String, in file: hid_t, _ type: hid_t, _ space: hid_t, _ hash: String?, write: (hid_t) -> herr_t
    ) throws {
        let dataset = H5Dcreate2(file, path, type, space, ds_h5_default(), ds_h5_default(), ds_h5_default())
        try Self.require(dataset >= 0 && write(dataset) >= 0)
        defer { H5Dclose(dataset) }
        var found = hash
        if found == nil {
            var bytes = [UInt8](repeating: 0, count: Int(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type))
            if !bytes.isEmpty {
                H5Dread(dataset, type, ds_h5_all(), ds_h5_all(), ds_h5_default(), &bytes)
            }
            found = SHA256Hex.of(bytes)
        }
        try withTexts([found ?? ""]) { type, pointers in
            let space = H5Screate(H5S_SCALAR)
            let attribute = H5Acreate2(dataset, "sha256", type, space, ds_h5_default(), ds_h5_default())
            H5Awrite(attribute, type, pointers)
            H5Aclose(attribute)
            H5Sclose(space)
        }
    }

    private static func textType() -> hid_t {
        let type = H5Tcopy(ds_h5_c_string())
        H5Tset_size(type, ds_h5_variable())
        H5Tset_cset(type, H5T_CSET_UTF8)
        return type
    }

    private static func readTexts(_ dataset: hid_t, _ space: hid_t, _ count: Int) throws -> [String] {
        let type = textType()
        defer { H5Tclose(type) }
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        guard count > 0 else { return [] }
        try Self.require(H5Dread(dataset, type, ds_h5_all(), ds_h5_all(), ds_h5_default(), &pointers) >= 0)
        defer { H5Dvlen_reclaim(type, space, ds_h5_default(), &pointers) }
        return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }

    private static func withTexts<Result>(
        _ texts: [String], _ body: (hid_t, UnsafeRawPointer?) throws -> Result
    ) throws -> Result {
        let type = textType()
        defer { H5Tclose(type) }
        let copies = texts.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return try (copies + [nil]).withUnsafeBufferPointer { try body(type, UnsafeRawPointer($0.baseAddress)) }
    }
}
