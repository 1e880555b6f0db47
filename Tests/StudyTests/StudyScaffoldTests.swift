import BuiltInStudy
import Embeddings
import FileSupport
import Foundation
import Study
import StudyFiles
import TestSupport
import Testing

/// A new study for the built-in model and a folder.
private func scaffold(_ data: String, _ name: String) throws -> (path: String, text: String) {
    let path = try temporaryFolder(name) + "/study.yaml"
    let result = try StudyScaffold.write(model: "built-in", data: data, to: path, replacing: false, progress: .silent)
    return (path, result.text)
}

@Suite("A new study") struct StudyScaffoldTests {
    @Test("of the built-in studies' files reads, and so do its inputs", arguments: ["planted", "latent"])
    func builtIn(name: String) throws {
        let data = BuiltInStudy.path(name)
        let (path, said) = try scaffold(data, "scaffold-\(name)")
        let study = try StudyFile.read(path)
        let known = try StudyFile.read(data + "/study.yaml")
        #expect(study.forget[0].data == known.forget[0].data && study.forget[0].id == "id")
        #expect(study.forget[0].conditions == known.forget[0].conditions)
        #expect(study.forget[0].harmful == known.forget[0].harmful)
        #expect(study.evaluate.benchmarks == known.evaluate.benchmarks && study.domains == known.domains)
        #expect(study.retain?.data == known.retain?.data && study.guardRule?.data == known.guardRule?.data)
        #expect(study.evaluate.perplexity == known.evaluate.perplexity && study.concepts == known.concepts)
        let inputs = try StudyInputs.read(study, progress: .silent)
        #expect(!inputs.forget.sentences.isEmpty && !inputs.selected[0].items.isEmpty)
        #expect(said.contains("forget.csv") && said.contains("next: driftscope run"))
        // Every key is explained where it stands.
        let text = try Input.text(path)
        #expect(text.contains("# steps of unlearning (whole number, 1 to 10,000,000; default `200`)"))
    }

    @Test("labels in other spellings are the same labels, and notes are kept with the inputs")
    func spellings() throws {
        let folder = try temporaryFolder("scaffold-spelled")
        let planted = BuiltInStudy.path("planted")
        for (name, from, to) in [("pairs.csv", ",gender,", ",GENDER ,"), ("forget.csv", ",hate,", ",Hate,")] {
            let text = try Input.text(planted + "/" + name)
            #expect(text.contains(from))
            try AtomicFile.write(text.replacing(from, with: to), to: folder + "/" + name)
        }
        let concepts = folder + "/concepts"
        try FileManager.default.copyItem(atPath: planted + "/concepts", toPath: concepts)
        let race = try Input.text(concepts + "/race.json")
        let words = try ConceptLexicon.read(concepts + "/race.json").words
        let word = try #require(words.first { $0.pair == nil }).text
        try AtomicFile.write(
            race.replacing("\"\(word)\"", with: "\"\(word)\", \"\(word.uppercased())\""),
            to: concepts + "/race.json")
        let (path, _) = try scaffold(folder, "scaffold-spelled-out")
        let study = try StudyFile.read(
            path, overrides: ["forget.harmful.lexicon=\(planted)/harmful.json", "forget.where={label: hate}"])
        #expect(study.domains.targets == ["gender"])
        let inputs = try StudyInputs.read(study, progress: .silent)
        #expect(inputs.selected[0].domains.contains("gender") && !inputs.forget.sentences.isEmpty)
        #expect(inputs.notes.contains("forget: label: `hate`, `Hate` are one label"))
        #expect(
            inputs.notes.contains { $0.hasPrefix("concepts race: words of the group") && $0.contains("`\(word)`") })
    }

    @Test("roles share one text without sharing a line, and what is not there is said")
    func oneText() throws {
        let folder = try temporaryFolder("scaffold-one")
        let planted = BuiltInStudy.path("planted")
        for (from, to) in [("pairs.csv", "p.csv"), ("retain.txt", "some.txt")] {
            try FileManager.default.copyItem(atPath: planted + "/" + from, toPath: folder + "/" + to)
        }
        try FileManager.default.copyItem(atPath: planted + "/concepts", toPath: folder + "/concepts")
        let (path, said) = try scaffold(folder, "scaffold-one-out")
        let text = try Input.text(path)
        #expect(said.contains("missing") && text.contains("# Fill in: no table with sentences to forget was found"))
        let overrides = ["forget.data=\(planted)/forget.csv", "forget.harmful.lexicon=\(planted)/harmful.json"]
        let study = try StudyFile.read(path, overrides: overrides)
        let retain = try #require(study.retain?.lines)
        let guarded = try #require(study.guardRule?.lines)
        let measured = try #require(study.evaluate.perplexityLines)
        #expect(!retain.overlaps(guarded) && !guarded.overlaps(measured) && !retain.overlaps(measured))
        #expect(try !StudyInputs.read(study, progress: .silent).forget.sentences.isEmpty)
    }

    @Test("without texts has neither retain term nor guard, which stand as comments")
    func noText() throws {
        let folder = try temporaryFolder("scaffold-bare")
        let planted = BuiltInStudy.path("planted")
        for name in ["pairs.csv", "forget.csv", "harmful.json", "concepts"] {
            try FileManager.default.copyItem(atPath: planted + "/" + name, toPath: folder + "/" + name)
        }
        let (path, _) = try scaffold(folder, "scaffold-bare-out")
        let text = try Input.text(path)
        #expect(text.contains("# Fill in: no text of neutral sentences was found") && text.contains("\n#   loss: kl\n"))
        let study = try StudyFile.read(path)
        #expect(study.retain == nil && study.guardRule == nil)
        let given = try StudyFile.read(path, overrides: ["retain.data=\(planted)/retain.txt"])
        #expect(given.retain?.data == planted + "/retain.txt")
    }
}
