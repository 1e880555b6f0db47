import FileSupport
import Foundation
import TestSupport
import Testing

@Suite("Plain files, and texts made harmless") struct PlainFileTests {
    @Test("only a plain file is read, whichever reader takes it")
    func readers() throws {
        let folder = try temporaryFolder("plain")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pipe = folder + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, words) in [
            (pipe, "a pipe or device"), ("/dev/zero", "a pipe or device"), (folder, "a folder"),
            (folder + "/no", "no such file"),
            (folder + "/no/no", "no such file"), ("", "no such file"), ("a\0b", "a NUL byte"),
            (folder + "/" + String(repeating: "x", count: 300), "cannot be read"),
        ] {
            for read in [
                { _ = try Input.bytes(path) }, { _ = try CSVTable.read(path) }, { _ = try SHA256Hex.ofFile(path) },
                { _ = try MappedFile(path) }, { _ = try JSON.read(path) },
            ] as [() throws -> Void] {
                let error = try #require(throws: InputError.self) { try read() }
                #expect(error.what.contains(words), "\(path): \(error)")
            }
        }
    }

    @Test("a file of more bytes than the machine has memory is refused before it is read")
    func huge() throws {
        let folder = try temporaryFolder("huge")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // All holes: it takes no room on the disk.
        try #require(FileManager.default.createFile(atPath: folder + "/huge.txt", contents: nil))
        try #require(truncate(folder + "/huge.txt", 1 << 42) == 0)
        let error = try #require(throws: InputError.self) { try Input.bytes(folder + "/huge.txt") }
        #expect(error.what.contains("4096 GiB"))
    }

    @Test("no output takes the place of a pipe or device")
    func outputs() throws {
        #expect(throws: InputError.self) { try Output.requireFree("/dev/null", replacing: true) }
    }

    @Test("the folder of a name of any length")
    func folders() throws {
        for (path, folder) in [
            ("a", "."), ("", "."), ("/a", "/"), ("a/b", "a"), ("/a/b", "/a"), ("é", "."), ("a/", "a"),
        ] {
            #expect(AtomicFile.folder(of: path) == folder)
        }
    }

    @Test("control characters are seen, lines are kept where there are some")
    func visible() {
        let text = "a\u{1B}[1m\n\t\u{9B}\u{202E}\u{2028}é"
        #expect(text.oneLine == #"a\u{1b}[1m\n\t\u{9b}\u{202e}\u{2028}é"#)
        #expect(text.visibleLines == "a\\u{1b}[1m\n\t\\u{9b}\\u{202e}\\u{2028}é")
    }

    @Test("long parts of a message lose their middle, each for itself")
    func short() {
        let long = String(repeating: "\u{1B}é", count: 1_000_000)
        let error = InputError("'\(long)' is wrong", at: "file line 3", remedy: "write it")
        #expect(error.description.hasSuffix("' is wrong - file line 3 - write it"))
        #expect(error.description.contains("… (1999011 characters) …") && error.description.utf8.count < 6000)
        let short = InputError(String(repeating: "x", count: 1200), at: "", remedy: "")
        #expect(short.description == String(repeating: "x", count: 1200))
    }

    @Test("no cell is a formula, and numbers stay numbers")
    func cells() {
        for text in ["=1+1", "+cmd", "-2+3", "@SUM(1)", "\tx", "\r=1", "-", "="] { #expect(text.asCell == "'" + text) }
        for text in ["", "-0.5", "+3", "-1e-05", "-inf", "nan", "1=1", " =1", "'=1"] { #expect(text.asCell == text) }
    }
}
