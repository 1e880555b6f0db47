import BuiltInStudy
import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing
import Unlearn

@Suite("Attribution to words")
struct WordAttributionTests {
    private let checkpoint: LoadedCheckpoint

    init() throws { checkpoint = try CheckpointFolder.load(BuiltInStudy.path("planted/model")) }

    private func attribution(_ question: AttributionQuestion) throws -> WordAttribution {
        try WordAttribution(checkpoint.model, tokenizer: checkpoint.tokenizer, question: question)
    }

    private func text(_ text: String, _ word: WordAttribution.Word) -> String {
        String(decoding: Array(text.utf8)[word.bytes], as: UTF8.self)
    }

    @Test("Score and parts of the words are those of PyTorch (Fixtures/attribution)")
    func parity() throws {
        let reference = try JSONCursor.read(Bundle.module.bundlePath + "/Fixtures/attribution/reference.json")
        var (found, expected): ([Double], [Double]) = ([], [])
        for item in try reference.member("cases").elements() {
            func words(_ name: String) throws -> [String] { try item.member(name).elements().map { try $0.string() } }
            let question = try AttributionQuestion(
                cue: item.member("cue").string(), harmful: words("harmful"), harmless: words("harmless"))
            let attribution = try attribution(question)
            for answer in try item.member("answers").elements() {
                let own = attribution.answer(about: try answer.member("text").string())
                let words = try answer.member("words").elements().map { try $0.elements() }
                #expect(try own.words.map(\.bytes) == words.map { try $0[0].int()..<$0[1].int() })
                found += [own.score] + own.words.map(\.attribution)
                expected += [try answer.member("score").double()] + (try words.map { try $0[2].double() })
            }
        }
        #expect(expected.count == 52)
        let agreement = compare(found, expected, absolute: 2e-5, relative: 1e-4, name: "attribution")
        #expect(agreement.isClose, "\(agreement)")
        print(agreement)
    }

    @Test("The same text has the same bits, in a model that stays as it was")
    func determinism() throws {
        let before = Array(checkpoint.model.values.buffer)
        let attribution = try attribution(AttributionQuestion())
        let text = "Some women in the drawbridges are really moody."
        #expect(attribution.answer(about: text) == attribution.answer(about: text))
        #expect(Array(checkpoint.model.values.buffer) == before)
    }

    @Test(
        "What was planted is found: of two groups the one of the stereotype's adjectives makes them likelier",
        arguments: ["gender", "race"])
    func planted(domain: String) throws {
        let lexicon = try WordLexicon.read(BuiltInStudy.path("planted/harmful.json"))
        let table = try CSVTable.read(BuiltInStudy.path("planted/pairs.csv"))
        let columns = try ["sent_more", "sent_less", "bias_type", "attribute"].map { try table.column($0) }
        let attribution = try attribution(
            AttributionQuestion(cue: "are", harmful: lexicon.groups[0].words, harmless: lexicon.groups[1].words))
        /// What a sentence says before its verb: the attribution of the word in which it differs from the other.
        func ofGroup(_ sentence: String, _ other: String) -> Double {
            let others = Set(WordFinder.allWords(of: other))
            return attribution.answer(about: sentence).words
                .filter { !others.contains(text(sentence, $0).lowercased()) }.reduce(0) { $0 + $1.attribution }
        }
        var (asked, hits) = (0, 0)
        for record in table.records where record.fields[columns[2]] == domain && asked < 40 {
            let both = columns[0...1].map { record.fields[$0].components(separatedBy: " are ") }
            guard both.allSatisfy({ $0.count == 2 }) else { continue }
            let (more, less) = (both[0][0], both[1][0])
            // Race's stereotypes have the adjectives of gender's.
            let isHarmful = lexicon.groups[0].words.contains(record.fields[columns[3]])
            let difference = ofGroup(more, less) - ofGroup(less, more)
            asked += 1
            if isHarmful ? difference > 0 : difference < 0 { hits += 1 }
        }
        #expect(asked == 40 && hits >= 38, "\(hits) of \(asked)")
    }

    @Test("Of a text that is too long the model reads as many words as fit")
    func longText() throws {
        let attribution = try attribution(AttributionQuestion(cue: "They are", harmful: ["shy"], harmless: ["loud"]))
        let words = Array(repeating: "Many kings look brash", count: 40).joined(separator: " ")
        let answer = attribution.answer(about: words)
        #expect(answer.words.count > 30 && answer.words.count < 64)
        let read = String(words.prefix(answer.words.last?.bytes.upperBound ?? 0))
        #expect(attribution.answer(about: read) == answer)
        #expect(attribution.answer(about: "").words.isEmpty && attribution.answer(about: " ?! ").words.isEmpty)
        let error = #expect(throws: InputError.self) {
            try self.attribution(AttributionQuestion(cue: words))
        }
        #expect(error?.what.contains("context of 64 tokens") == true)
    }

    @Test("A masked model is refused by its name, and a question without an answer by what it lacks")
    func refusals() throws {
        let sizes = ModelConfiguration(
            .bert, vocabularySize: 28, contextLength: 24, hiddenSize: 8, layerCount: 1, headCount: 2)
        let masked = TransformerModel(configuration: sizes, seed: 1)
        let error = #expect(throws: InputError.self) {
            try WordAttribution(masked, tokenizer: LetterTokenizer(), question: AttributionQuestion())
        }
        #expect(error?.what.contains("BERT is a masked model") == true)
        #expect(throws: InputError.self) { try AttributionQuestion(cue: " ") }
        #expect(throws: InputError.self) { try AttributionQuestion(harmless: []) }
        #expect(throws: InputError.self) { try AttributionQuestion(harmful: ["kind"], harmless: ["kind"]) }
    }
}

@Suite("Selection by attribution")
struct AttributionSelectionTests {
    private let question = "cue=They are,harmful=shy fussy,harmless=loud rude"

    private func table() throws -> String {
        let path = try temporaryFolder() + "/f.csv"
        try AtomicFile.write(
            "text\nSome women in the drawbridges are really moody.\nMany kings by the arcades look brash.\n", to: path)
        return path
    }

    @Test(
        "The words with most attribution above 0 are marked, of a model that is loaded once, and the source says of what"
    )
    func top() throws {
        let checkpoint = try CheckpointFolder.load(BuiltInStudy.path("planted/model"))
        let attribution = try WordAttribution(
            checkpoint.model, tokenizer: checkpoint.tokenizer,
            question: AttributionQuestion(cue: "They are", harmful: ["shy", "fussy"], harmless: ["loud", "rude"]))
        let path = try table()
        var loads = 0
        let model = SelectionModel {
            loads += 1
            return (checkpoint.model, checkpoint.tokenizer)
        }
        for top in [1, 2, 50] {
            let reader = ForgetSetReader(
                path: path, harmful: try HarmfulWordSelections.selection("attribution", "top=\(top),\(question)"))
            let set = try reader.read(tokenizer: checkpoint.tokenizer, contextLength: 64, model: model)
            #expect(try reader.read(tokenizer: checkpoint.tokenizer, contextLength: 64, model: model) == set)
            for sentence in set.sentences {
                let words = attribution.answer(about: sentence.text).words
                let raising = words.filter { $0.attribution > 0 }.sorted { $0.attribution > $1.attribution }
                let expected = raising.prefix(top).map(\.bytes).sorted { $0.lowerBound < $1.lowerBound }
                #expect(sentence.harmful.map(\.bytes) == expected && raising.count < words.count)
            }
            let source = set.summary.harmfulSource
            #expect(
                source.contains("attribution, of each row the \(top) word") && source.contains("after \"They are\""))
            #expect(source.contains("log p(shy, fussy) − log p(loud, rude)") && set.summary.harmfulSHA256 == nil)
        }
        #expect(loads == 1)
    }

    @Test("Without a model it is refused, and other selections do not load one")
    func model() throws {
        let path = try table()
        let selection = try HarmfulWordSelections.selection("attribution", "top=1")
        let error = #expect(throws: InputError.self) {
            try ForgetSetReader(path: path, harmful: selection).read(tokenizer: LetterTokenizer(), contextLength: 64)
        }
        #expect(error?.what == "attribution asks a model, and none is named")
        let unread = SelectionModel { throw InputError("loaded", at: "test", remedy: "do not") }
        let lexicon = WordLexicon(name: "t", words: ["moody"])
        #expect(throws: Never.self) {
            try SelectionComparison(path: path, .lexicon(lexicon), .lexicon(lexicon), model: unread)
        }
        #expect(throws: InputError.self) {
            try SelectionComparison(path: path, .lexicon(lexicon), selection, model: unread)
        }
    }

    @Test(
        "A value of another form is refused with the form",
        arguments: [
            "2", "", "top", "top=0", "top=-1", "top=two", "top=1,top=2", "cue=They are", "top=1,cue=",
            "top=1,harmful=", "top=1,harmful=mean,harmless=mean fair", "more=1,top=1",
        ])
    func form(value: String) throws {
        let error = #expect(throws: InputError.self) { try HarmfulWordSelections.selection("attribution", value) }
        #expect(error?.place == "harmful.attribution")
    }

    @Test("A cue may hold commas")
    func commas() throws {
        let checkpoint = try CheckpointFolder.load(BuiltInStudy.path("planted/model"))
        let set = try ForgetSetReader(
            path: try table(),
            harmful: try AttributionSelection("top=1,cue=Well, they are=,harmful=shy,harmless=loud")
        ).read(
            tokenizer: checkpoint.tokenizer, contextLength: 64,
            model: SelectionModel(checkpoint.model, tokenizer: checkpoint.tokenizer))
        #expect(set.summary.harmfulSource.hasSuffix("after \"Well, they are=\""))
    }
}
