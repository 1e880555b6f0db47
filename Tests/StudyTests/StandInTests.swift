import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing
import Unlearn

/// What clones and downloads leave in the place of a file, before every reader.
@Suite("Files that are not what they claim")
struct StandInTests {
    private static let standIns: [(bytes: String, message: String)] = [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0f", count: 32))\nsize 12345\n",
            "a Git LFS pointer, not the file"
        ),
        ("\u{FEFF}\n <!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "a web page (HTML), not the file"),
        ("<HTML><head><title>404</title></head></HTML>", "a web page (HTML), not the file"),
        ("Entry not found", "a host's message, \"Entry not found\", not the file"),
        ("", "the file is empty"),
    ]

    private static let readers: [(name: String, read: @Sendable (String) throws -> Void)] = [
        ("model.safetensors", { _ = try Safetensors($0) }),
        ("model.gguf", { _ = try CheckpointFolder.load($0) }),
        ("config.json", { _ = try CheckpointFolder.model(in: ($0 as NSString).deletingLastPathComponent) }),
        ("tokenizer.json", { _ = try CheckpointFolder.tokenizer(in: ($0 as NSString).deletingLastPathComponent) }),
        ("vocab.txt", { _ = try CheckpointFolder.tokenizer(in: ($0 as NSString).deletingLastPathComponent) }),
        ("rows.jsonl", { _ = try JSONLines.read($0) }),
        ("forget.csv", { _ = try ForgetTable.read($0) }),
        ("pairs.csv", { _ = try CSVTable.read($0) }),
        ("texts.txt", { _ = try Input.text($0) }),
        ("words.json", { _ = try WordLexicon.read($0) }),
        ("concepts.json", { _ = try ConceptLexicon.read($0) }),
        ("vectors.txt", { _ = try TextVectors.read($0, header: false) }),
        ("vectors.npy", { _ = try NumPyArray.read($0) }),
        ("study.yaml", { _ = try StudyFile.read($0) }),
        ("run.h5", { _ = try RunReader($0) }),
    ]

    @Test("each reader says in one line what stands there", arguments: readers.map(\.name))
    func named(reader: String) throws {
        let folder = try temporaryFolder("stand-in")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/" + reader
        let read = try #require(Self.readers.first { $0.name == reader }).read
        for (bytes, message) in Self.standIns {
            try AtomicFile.write(bytes, to: path)
            let error = try #require(throws: InputError.self, "\(message)") { try read(path) }
            #expect(error.what == message && error.place.hasPrefix(path) && !error.remedy.isEmpty, "\(error)")
        }
    }

    @Test("a text that only speaks of pages, pointers and messages is read")
    func innocent() throws {
        let path = try temporaryFolder("stand-in") + "/text.txt"
        for text in [
            "html, a language\n", "a <html> tag\n",
            "Entry not found in any of the books that she had opened, and more of them.\n",
            "version https://example.org/\n", "<htm", "\n",
        ] {
            try AtomicFile.write(text, to: path)
            #expect(try Input.text(path) == text)
        }
        #expect(try Input.bytes(path, mayBeEmpty: true) == Array("\n".utf8))
        try AtomicFile.write("", to: path)
        #expect(try Input.text(path, mayBeEmpty: true).isEmpty)
    }
}
