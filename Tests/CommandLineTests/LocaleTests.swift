import Foundation
import Testing

extension ProgramTests {
    @Suite("A language with a decimal comma") struct LocaleTests {
        /// Whether the C library knows the language; only then would its own functions write a comma.
        private static let isInstalled: Bool = {
            let found = newlocale(1 << LC_NUMERIC, "de_DE.UTF-8", nil)
            if let found { freelocale(found) }
            return found != nil
        }()

        @Test(
            "reports, exports and what is printed are the same, byte for byte",
            .enabled(if: isInstalled, "needs the locale de_DE.UTF-8"))
        func same() throws {
            let place = try Workshop()
            let run = place.path + "/run"
            // One folder for both: run.h5 and the report have its name in them.
            let made = try Program.run(EveryStage.arguments(run), script: Self.under("de_DE.UTF-8"))
            try #require(made.code == 0, "\(made.complaint)")
            try EveryStage.expectUndisturbed(run, ["under de_DE.UTF-8"])
            #expect(made.output.contains(/at most \d+\.\d GiB/))
            let outputs = try ["C", "de_DE.UTF-8"].map { language in
                var texts: [String: [UInt8]] = [:]
                let commands: [[String]] = [
                    ["report", run, "--quiet"],
                    ["report", run, "--quiet", "--fail-if", "quality.perplexity.change > 0.5"],
                    ["inspect", run], ["inspect", run, "--json"], ["glossary"],
                    ["run", "built-in", "--out", place.path + "/new", "--set", "optimizer.learning-rate=0.0,1"],
                ]
                for command in commands {
                    let ending = try Program.run(command, script: Self.under(language))
                    texts[command.joined(separator: " ")] = Array((ending.output + ending.complaint).utf8)
                }
                for format in ["npy", "word2vec", "tensorboard"] {
                    let out = place.path + "/" + format
                    let ending = try Program.run(
                        ["export", run, "--format", format, "--out", out, "--force", "--delta"],
                        script: Self.under(language))
                    texts["export " + format] = Array((ending.output + ending.complaint).utf8)
                    for name in try Self.files(place.path) where name.contains(format) {
                        texts[name] = Array(try Data(contentsOf: URL(fileURLWithPath: place.path + "/" + name)))
                    }
                }
                for name in ["report.json", "report.md", "report.html"] {
                    texts[name] = Array(try Data(contentsOf: URL(fileURLWithPath: run + "/" + name)))
                }
                return texts
            }
            let differing = Set(outputs[0].keys).union(outputs[1].keys).filter { outputs[0][$0] != outputs[1][$0] }
            #expect(differing.isEmpty, "other bytes in \(differing.sorted())")
            #expect(outputs[0].count > 12)
        }

        private static func under(_ language: String) -> String {
            "LC_ALL=\(language) LANG=\(language) LANGUAGE=de exec \"$0\" \"$@\""
        }

        private static func files(_ folder: String) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: folder).filter { name in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
                    && !isFolder.boolValue && !name.hasPrefix("run/")
            }
        }
    }
}
