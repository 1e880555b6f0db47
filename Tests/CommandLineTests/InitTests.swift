import BuiltInStudy
import FileSupport
import Testing

extension ProgramTests {
    @Suite("init and schema") struct InitTests {
        @Test("an empty folder, no folder, no model and a file in the way are one line each")
        func refusals() throws {
            let place = try Workshop()
            let data = BuiltInStudy.path("planted")
            let out = place.path + "/study.yaml"
            func arguments(_ model: String, _ data: String) -> [String] {
                ["init", "--quiet", "--model", model, "--data", data, "--out", out]
            }
            try expectRefused(
                arguments("built-in", place.path), ["neither pairs nor labelled texts"], untouched: place.path)
            try expectRefused(
                arguments("built-in", place.path + "/none"), ["no such folder", "--data"], untouched: place.path)
            try expectRefused(
                arguments(place.path + "/none", data), ["no such folder", "Hugging Face model"], untouched: place.path)
            try expectRefused(arguments(place.path + "/x.gguf", data), ["x.gguf"], untouched: place.path)
            _ = try place.file("study.yaml", "mine")
            try expectRefused(arguments("built-in", data), ["there is a file already"], untouched: place.path)
        }

        @Test("what init writes, run takes as it is")
        func accepted() throws {
            let place = try Workshop()
            let out = place.path + "/study.yaml"
            let made = try Program.run([
                "init", "--quiet", "--json", "--model", "built-in", "--data", BuiltInStudy.path("planted"), "--out",
                out,
            ])
            #expect(made.code == 0, "\(made.complaint)")
            #expect(try JSON.parse(Array(made.output.utf8), place: "init")["file"] == .string(out))
            let settings = [
                "why=none", "analyze.null-draws=0", "analyze.scaling=[1]", "optimizer.steps=2", "evaluate.pairs=12",
                "snapshots.contextual=false", "analyze.bootstrap=100", "analyze.controls=100",
            ]
            let ran = try Program.run(
                ["run", out, "--quiet", "--out", place.path + "/run"] + settings.flatMap { ["--set", $0] })
            #expect(ran.code == 0, "\(ran.complaint)")
        }

        @Test("the memory that a run took is its own, not that of the process which started it")
        func memory() throws {
            // Two GiB that this process had, every page of them.
            let count = 2 << 30
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
            for page in stride(from: 0, to: count, by: 4096) {
                buffer.storeBytes(of: 1, toByteOffset: page, as: UInt8.self)
            }
            buffer.deallocate()
            #expect(ProcessMemory.peak > count)
            let place = try Workshop()
            let ran = try Program.run(SmallRun.arguments(place.path + "/run"))
            #expect(ran.code == 0, "\(ran.complaint)")
            let words = ran.output.split(separator: " ")
            let end = try #require(words.firstIndex(of: "GiB"), "\(ran.output)")
            #expect(try #require(Double(words[end - 1])) < 1)
        }

        @Test("schema prints a JSON Schema, and the reference as Markdown")
        func schema() throws {
            let printed = try Program.run(["schema"])
            let schema = try JSON.parse(Array(printed.output.utf8), place: "schema")
            #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
            #expect(schema["properties"]?["optimizer"]?["properties"]?["steps"]?["maximum"] == 10_000_000)
            #expect(try Program.run(["schema", "--markdown"]).output.hasPrefix("| key | takes | default | meaning |"))
        }
    }
}
