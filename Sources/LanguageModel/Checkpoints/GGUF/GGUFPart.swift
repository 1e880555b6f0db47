import FileSupport
import Foundation

/// A header and what it tells of: a whole file, or a part of a split one.
///
/// llama.cpp's gguf-split cuts between tensors. Each part is a GGUF file that says which of how many it is, `split.no` from
/// 0 and `split.count`, in its metadata and in its name, `NAME-00001-of-00003.gguf`; the first has the other metadata too.
struct GGUFPart {
    let file: MappedFile
    let metadata: [(key: String, value: GGUFValue)]
    let tensors: [GGUF.Tensor]
    /// Where the next part begins if it follows in the same file.
    private let end: Int

    /// Which part of how many, and the tensors of all.
    private struct Place: Equatable {
        var number: Int
        var count: Int
        var tensors: Int

        var title: String { "part \(number + 1) of \(count) of a split model" }
    }

    /// Reads the header at byte `start`.
    private init(_ file: MappedFile, from start: Int = 0) throws {
        self.file = file
        let path = file.path
        var cursor = GGUFCursor(file, from: start)
        let counts = try cursor.header()
        metadata = try cursor.metadata(count: counts.metadata)
        let alignment = try Self.alignment(metadata, path)
        func aligned(_ offset: Int) -> Int { start + (offset - start + alignment - 1) / alignment * alignment }
        let infos = try cursor.tensors(count: counts.tensors)
        let origin = aligned(cursor.offset)
        tensors = try infos.map { info in
            let length = try info.type.byteCount(info.shape, name: info.name, path: path)
            let (begin, overflow) = origin.addingReportingOverflow(info.offset)
            guard !overflow, info.offset % alignment == 0, begin <= cursor.total, length <= cursor.total - begin else {
                throw InputError(
                    "the tensor \(info.name) wants \(length) bytes at \(begin), and the file has \(cursor.total)",
                    at: path,
                    remedy: GGUFCursor.again)
            }
            return GGUF.Tensor(name: info.name, type: info.type, shape: info.shape, bytes: begin..<begin + length)
        }
        end = aligned(tensors.map(\.bytes.upperBound).max() ?? origin)
    }

    private static func alignment(_ metadata: [(key: String, value: GGUFValue)], _ path: String) throws -> Int {
        guard let value = metadata.first(where: { $0.key == "general.alignment" })?.value else { return 32 }
        guard let number = value.integer, number > 0, number <= 1 << 20, number.nonzeroBitCount == 1 else {
            throw InputError("general.alignment is \(value)", at: path, remedy: GGUFCursor.again)
        }
        return number
    }

    // MARK: Parts

    /// The parts of a file in order; one of a file that is not split.
    static func all(of path: String) throws -> [GGUFPart] {
        let given = try GGUFPart(MappedFile(path))
        guard let place = try given.place(), place.count > 1 else { return [given] }
        var parts: [GGUFPart]
        if place.number == 0, GGUFCursor.isHeader(given.file, at: given.end) {
            parts = [given]
            while let last = parts.last, parts.count < place.count, GGUFCursor.isHeader(last.file, at: last.end) {
                parts.append(try GGUFPart(last.file, from: last.end))
            }
            guard parts.count == place.count else {
                throw InputError(
                    "\(parts.count) of \(place.count) parts of a split model, one after the other", at: path,
                    remedy: "join all parts, in their order")
            }
        } else {
            parts = try paths(of: path, place).map { part in
                guard FileManager.default.fileExists(atPath: part) else {
                    throw InputError(
                        "a part of a split model is missing", at: part,
                        remedy: "put all \(place.count) parts into one folder")
                }
                return try GGUFPart(MappedFile(part))
            }
        }
        for (number, part) in parts.enumerated() {
            guard try part.place() == Place(number: number, count: place.count, tensors: place.tensors) else {
                throw InputError(
                    "where part \(number + 1) of \(place.count) belongs is \(try part.place()?.title ?? "a whole model")",
                    at: part.file.path, remedy: "take all parts of one model, in their order")
            }
        }
        let tensors = parts.flatMap(\.tensors)
        guard tensors.count == place.tensors, Set(tensors.map(\.name)).count == tensors.count else {
            throw InputError(
                "split.tensors.count is \(place.tensors), and the parts hold \(Set(tensors.map(\.name)).count) tensors",
                at: path, remedy: GGUFCursor.again)
        }
        return parts
    }

    /// The part that this one says it is; nil where nothing is said of parts.
    private func place() throws -> Place? {
        func value(_ key: String) -> GGUFValue? { metadata.first { $0.key == "split." + key }?.value }
        guard let total = value("count") else { return nil }
        guard let count = total.integer, let number = value("no")?.integer, 0..<max(count, 1) ~= number,
            let tensors = value("tensors.count")?.integer, count <= UInt16.max
        else {
            throw InputError(
                "split.no, split.count and split.tensors.count do not name one part of a set", at: file.path,
                remedy: GGUFCursor.again)
        }
        return Place(number: number, count: count, tensors: tensors)
    }

    /// The files of all parts, by the name of one of them: the one given, or that of what it links to.
    private static func paths(of path: String, _ place: Place) throws -> [String] {
        func ending(_ number: Int) -> String { String(format: "-%05d-of-%05d.gguf", number + 1, place.count) }
        var name = path
        // As many links as Linux follows.
        for _ in 0..<40 {
            if name.hasSuffix(ending(place.number)) {
                let prefix = name.dropLast(ending(place.number).count)
                return (0..<place.count).map { prefix + ending($0) }
            }
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: name) else { break }
            name = target.hasPrefix("/") ? target : AtomicFile.folder(of: name) + "/" + target
        }
        throw InputError(
            "\(place.title), under a name that does not end in \(ending(place.number))", at: path,
            remedy: "give all parts such names, in one folder")
    }
}
