import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("A run from a stranger, read by every command") struct ForeignRunTests {
        @Test("content that lies elsewhere is refused by all, and reaches no output")
        func refused() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            let made = try Program.run(["snapshot", "--model", "built-in", "--into", run])
            try #require(made.code == 0, "\(made.complaint)")
            let secret = try place.file("secret", "secrets!")
            let packed = place.path + "/packed.h5"
            let pack = try Program.run(["pack", run, "--out", packed])
            try #require(pack.code == 0, "\(pack.complaint)")

            try ForeignContent.externalStorage.put(
                at: "/snapshots/000000/input_embedding", of: packed, secret: secret)
            try ForeignContent.externalStorage.put(
                at: "/content/input_embedding", of: run + "/parts/snapshots__000000.h5", secret: secret)
            let before = try FileManager.default.contentsOfDirectory(atPath: run + "/parts").sorted()
            for path in [packed, run] {
                for command in [
                    ["inspect", path], ["inspect", path, "--verify"], ["analyze", path], ["report", path],
                    ["export", path, "--snapshot", "before", "--format", "word2vec", "--out", place.path + "/out"],
                    ["pack", path, "--out", place.path + "/out"],
                ] {
                    // A run folder is what these two take.
                    if path == packed, ["analyze", "report"].contains(command[0]) { continue }
                    try expectRefused(
                        command + ["--quiet"], ["external storage", "input_embedding"], untouched: place.path + "/out")
                }
            }
            try expectRefused(
                ["snapshot", "--model", "built-in", "--into", run, "--label", "after", "--quiet"],
                ["external storage"], untouched: run + "/run.h5")
            #expect(try FileManager.default.contentsOfDirectory(atPath: run + "/parts").sorted() == before)
        }
    }
}
