import FileSupport
import Foundation
import RunStore
import TestSupport
import Testing

@Suite("A run from a stranger")
struct ForeignContentTests {
    private let run: SampleRun
    private let secret: String

    init() throws {
        run = try SampleRun(rows: 40, dimensions: 6)
        try FileManager.default.createDirectory(atPath: run.folder, withIntermediateDirectories: true)
        secret = (run.folder as NSString).deletingLastPathComponent + "/secret"
    }

    private func remove() {
        try? FileManager.default.removeItem(atPath: (run.folder as NSString).deletingLastPathComponent)
    }

    private func refusal(_ path: String) throws -> InputError {
        let error = try #require(throws: InputError.self) { try RunReader(path) }
        #expect(!error.description.contains("\n"))
        return error
    }

    @Test(
        "what points elsewhere, has no end or no room is refused by kind and path", arguments: ForeignContent.allCases)
    func packed(_ kind: ForeignContent) throws {
        defer { remove() }
        try run.write().finish()
        let file = run.folder + "/run.h5"
        try Data("secrets!".utf8).write(to: URL(fileURLWithPath: secret))
        try kind.put(at: "/snapshots/000000/input_embedding", of: file, secret: secret)
        let error = try refusal(file)
        #expect(error.what.contains(kind.words) && error.place == file, "\(error)")
        #expect(error.what.contains("/snapshots/000000/input_embedding"), "\(error)")
        #expect(throws: InputError.self) { try RunStore.replaceResults([:], json: "{}", in: file) }
    }

    @Test("the same in a part, before a run is packed or gone on with", arguments: ForeignContent.allCases)
    func part(_ kind: ForeignContent) throws {
        defer { remove() }
        _ = try run.write()
        let part = run.folder + "/parts/snapshots__000000.h5"
        try Data("secrets!".utf8).write(to: URL(fileURLWithPath: secret))
        try kind.put(at: "/content/input_embedding", of: part, secret: secret)
        let error = try refusal(run.folder)
        #expect(error.what.contains(kind.words) && error.description.contains(part), "\(error)")
        #expect(throws: error) { try RunStore.pack(run.folder) }
        #expect(throws: error) { try RunWriter.resume(in: run.folder, fromStep: 3) }
    }

    @Test(
        "links of an open run lead to its own part and nowhere else",
        arguments: ["../parts/tokens.h5", "/etc/passwd", "parts/../../tokens.h5", "parts/concepts.h5", "tokens.h5"])
    func links(_ other: String) throws {
        defer { remove() }
        _ = try run.write()
        let file = run.folder + "/run.h5"
        try ForeignContent.externalLink.put(at: "/tokens", of: file, secret: "parts/tokens.h5")
        _ = try RunReader(file)
        try ForeignContent.externalLink.put(at: "/tokens", of: file, secret: other)
        let error = try refusal(file)
        #expect(error.what.contains("/tokens is a link") && error.what.contains(other) && error.place == file)
    }

    @Test("a packed run has no links, not even into a folder parts beside it")
    func packedLinks() throws {
        defer { remove() }
        try run.write().finish()
        let file = run.folder + "/run.h5"
        try ForeignContent.externalLink.put(at: "/tokens/key", of: file, secret: "parts/tokens__key.h5")
        #expect(try refusal(file).what.contains("/tokens/key is a link"))
    }

    @Test("a part that is a symbolic link out of the folder is refused, a run behind one is read")
    func symbolicLinks() throws {
        defer { remove() }
        _ = try run.write()
        let files = FileManager.default
        let link = run.folder + "-link"
        try files.createSymbolicLink(atPath: link, withDestinationPath: run.folder)
        try run.check(try RunReader(link))
        let part = run.folder + "/parts/tokens.h5"
        try files.moveItem(atPath: part, toPath: secret)
        try files.createSymbolicLink(atPath: part, withDestinationPath: secret)
        let error = try refusal(run.folder)
        #expect(error.what.contains("leaves the run folder") && error.place == part, "\(error)")
    }

    @Test("a part under another part's name is refused, and so is one that names no path")
    func names() throws {
        defer { remove() }
        _ = try run.write()
        let part = run.folder + "/parts/tokens.h5"
        try FileManager.default.copyItem(atPath: part, toPath: run.folder + "/parts/other.h5")
        let error = try refusal(run.folder)
        #expect(error.what.contains("holds /tokens") && error.place.hasSuffix("/other.h5"), "\(error)")
    }

    @Test("a pipe in the place of run.h5 is refused, not waited for")
    func pipe() throws {
        defer { remove() }
        let file = run.folder + "/run.h5"
        try #require(mkfifo(file, 0o600) == 0)
        #expect(try refusal(file).what == "a pipe or device where a plain file is wanted")
    }
}
