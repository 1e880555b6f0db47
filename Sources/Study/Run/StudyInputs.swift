import Embeddings
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Records
import Report
import StudyFiles
import Unlearn

/// Everything that a study reads, read and checked before anything is written.
package struct StudyInputs {
    package let study: StudyFile
    /// The model before, with its tokenizer.
    package let checkpoint: LoadedCheckpoint
    /// The objectives and benchmarks that the study may name.
    package let registry: StudyRegistry
    /// How the study unlearns, with its first seed; retrainings change one thing of it.
    let configuration: UnlearnConfiguration
    /// All that is forgotten, of several sets together.
    package let forget: ForgetSet
    /// The sentences of the pairs that are forgotten, those of ``matrix`` too.
    let pairTexts: [String]
    /// The sets that ``forget`` is made of, in the study's order.
    let forgetSets: [ReadForgetSet]
    /// θ0 as selections of harmful words look at it, with what they found.
    let selectionModel: SelectionModel
    /// Further forget sets of the transfer matrix, in the study's order.
    package let matrix: [ForgetSet]
    /// Neutral text that is kept, if the study has a retain term.
    package let retain: SentenceFile?
    /// Text that the guard watches, if the study has a guard.
    package let guardText: SentenceFile?
    /// Texts of the reported perplexity: path, content, digest.
    package let perplexityTexts: [(path: String, text: String, digest: (sha256: String, bytes: Int))]
    /// The benchmarks as they were read, with items of every label.
    package let benchmarks: [any BiasBenchmark]
    /// The same with the items that are scored: the study's domains only, and no more of each than it asks for.
    package let selected: [any BiasBenchmark]
    /// Known faults of the benchmarks' items, by name of the benchmark and by row.
    let knownFaults: [String: [Int: [String]]]
    /// Tests of association.
    package let associations: [AssociationSets]
    /// What the models are asked to go on with, if the study asks.
    let continuations: ContinuationMaker?
    package let profile: ScoringProfile
    package let lexicons: [ConceptLexicon]
    /// The lexicons' words with their tokens and exposure.
    package let concepts: ConceptTable
    package let exposure: Exposure
    package let corpusCounts: [Int]
    package let files: [InputFile]
    /// What a user should know of how the files were read.
    package let notes: [String]

    package var tokenizer: any Tokenizer { checkpoint.tokenizer }
    /// θ0; only to be read.
    var before: TransformerModel { checkpoint.model }
    /// The most tokens that the model takes.
    var contextLength: Int { before.configuration.contextLength }

    /// - Throws: ``InputError`` when a benchmark has no item that the model can take.
    func scorers() throws -> [any BenchmarkScorer] { try selected.map(scorer) }

    func scorer(_ benchmark: any BiasBenchmark) throws -> any BenchmarkScorer {
        try benchmark.scorer(tokenizer: tokenizer, profile: profile, contextLength: contextLength)
    }

    /// Reads all inputs of a study.
    ///
    /// - Parameter registry: the objectives and benchmarks that the study may name.
    /// - Throws: ``InputError`` for anything missing or malformed.
    package static func read(
        _ study: StudyFile, registry: StudyRegistry = .standard, progress: ProgressLine
    ) throws -> StudyInputs {
        progress.begin("reading the inputs")
        let configuration = try study.unlearnConfiguration(registry.objectives)
        let profile = try registry.benchmarks.profile(study.evaluate.profile, at: "evaluate.profile")
        let checkpoint = try study.load(study.model)
        try checkpoint.requireFitting(
            profile, at: "evaluate.profile", remedy: { "write " + $0.joined(separator: " or ") })
        for note in checkpoint.notes { progress.say("note: \(note)") }
        try study.checkLowRank(checkpoint.model.layout)
        try study.checkKind(checkpoint.model.configuration)
        if study.why.forecast { try configuration.requireDense("the forecast", "why.forecast") }
        if study.why.decomposition {
            try configuration.requireDense("the update decomposition", "why.decomposition")
        }
        let tokenizer = checkpoint.tokenizer
        if let warning = profile.warning(addsBeginToken: tokenizer.addsBeginToken) { progress.say(warning) }
        var files = checkpoint.inputFiles
        func note(_ role: String, _ path: String, _ digest: (sha256: String, bytes: Int)) {
            files.append(InputFile(role: role, path: path, bytes: digest.bytes, sha256: digest.sha256))
        }

        let lexicons = try ConceptLexicon.readFolder(study.concepts)
        for lexicon in lexicons {
            let path = study.concepts + "/" + lexicon.name + ".json"
            note("concepts", path, try SHA256Hex.ofFile(path))
        }
        for domain in study.domains.all where !lexicons.contains(where: { $0.role == .concept && $0.domain == domain })
        {
            throw InputError(
                "no lexicon for the domain '\(domain)'", at: study.concepts,
                remedy: "add \(domain).json there, or mend the study's domains")
        }

        let selectionModel = checkpoint.selectionModel
        let texts = UnlearningTexts(study, checkpoint, model: selectionModel, lexicons: lexicons)
        let forgetSets = try texts.forgetSets(&files)
        let forget = ForgetSet(pooling: forgetSets.map(\.set))
        let further = try study.why.matrix.map { try texts.forgetSet($0, "forget (matrix)", &files) }
        let matrix = further.map(\.set)
        let pairTexts = (forgetSets + further).flatMap(\.pairTexts)
        let retain = try texts.retain(&files)
        for set in forgetSets.map(\.set) + matrix {
            try configuration.check(checkpoint.model.configuration, forget: set, retain: retain?.pieces)
        }
        let guardText = try texts.guardText(&files)

        let perplexityTexts = try study.evaluate.perplexity.map { path in
            let raw = try Input.bytes(path)
            let text = try Input.text(raw, place: path)
            let used =
                study.evaluate.perplexityLines.map { SentenceFile.lines($0, of: text).joined(separator: "\n") } ?? text
            return (path, used, (SHA256Hex.of(raw), raw.count))
        }
        for (path, _, digest) in perplexityTexts { note("perplexity", path, digest) }

        let (read, knownFaults) = try study.readBenchmarks(registry.benchmarks)
        let (benchmarks, unscored) = read.scored(under: profile)
        if knownFaults.values.contains(where: { !$0.isEmpty }) {
            note("item faults", study.evaluate.faults, try SHA256Hex.ofFile(study.evaluate.faults))
        }
        let selected = try benchmarks.enumerated().map { try study.selecting($1, leads: $0 == 0) }
        for path in study.benchmarkRequests.flatMap(\.files) { note("pairs", path, try SHA256Hex.ofFile(path)) }

        let associations = try study.evaluate.weat.map(AssociationSets.read)
        if let name = Dictionary(grouping: associations, by: \.name).first(where: { $1.count > 1 })?.key {
            throw InputError(
                "two tests have the name '\(name)'", at: "evaluate.weat", remedy: "rename one of the files")
        }
        let continuations = try study.continuations(tokenizer, checkpoint.model.configuration)
        if let generate = study.generate {
            if let digest = continuations?.prompts.digest { note("prompts", generate.prompts, digest) }
            note("prompts' lexicon", generate.lexicon, try SHA256Hex.ofFile(generate.lexicon))
        }
        for path in study.evaluate.weat { note("associations", path, try SHA256Hex.ofFile(path)) }

        for settings in study.evaluate.custom {
            // Of a command on the search path the arguments are what matters.
            let program = try ModelCommand(settings: settings, folder: "").program()
            if settings.command[0].contains("/") {
                note("command \(settings.name)", program, try SHA256Hex.ofFile(program))
            }
        }

        var exposure = Exposure(vocabularySize: tokenizer.vocabularySize)
        for sentence in forget.sentences { exposure.add(sentence.tokens, masked: sentence.harmfulPositions) }
        let concepts = ConceptTable.resolve(lexicons, tokenizer: tokenizer, exposure: exposure)
        try tokenizer.requireRows(at: study.concepts)

        var counts = [Int](repeating: 0, count: tokenizer.vocabularySize)
        func count(_ tokens: some Sequence<Int32>) { for token in tokens { counts[Int(token)] += 1 } }
        if study.corpus.isEmpty {
            for sentence in (retain?.tokens ?? []) + (guardText?.tokens ?? []) { count(sentence) }
            for (path, text, _) in perplexityTexts {
                count(tokenizer.encode(text))
                try tokenizer.requireRows(at: path)
            }
        }
        for path in study.corpus {
            let raw = try Input.bytes(path)
            note("corpus", path, (SHA256Hex.of(raw), raw.count))
            for line in try Input.text(raw, place: path).split(whereSeparator: \.isNewline) {
                count(tokenizer.encode(String(line)))
            }
            try tokenizer.requireRows(at: path)
        }
        let sources =
            (forgetSets.map { (study.role(of: $0.request), $0.set.readingNotes) }
                + (forgetSets.count > 1 ? [("forget", forget.readingNotes)] : [])
                + matrix.map { ("forget (matrix)", $0.readingNotes) }
                + benchmarks.map { ($0.name, $0.notes) } + associations.map { ($0.name, $0.notes) }
                + lexicons.map { ("concepts \($0.name)", $0.notes) })
        let notes =
            sources.flatMap { name, notes in notes.map { "\(name): \($0)" } }
            + unscored.map { "\($0.name) is not scored under the profile \(profile)" }
        for note in notes { progress.say("note: \(note)") }
        return StudyInputs(
            study: study, checkpoint: checkpoint, registry: registry, configuration: configuration, forget: forget,
            pairTexts: pairTexts,
            forgetSets: forgetSets, selectionModel: selectionModel, matrix: matrix, retain: retain,
            guardText: guardText, perplexityTexts: perplexityTexts, benchmarks: benchmarks, selected: selected,
            knownFaults: knownFaults, associations: associations,
            continuations: continuations, profile: profile, lexicons: lexicons,
            concepts: concepts, exposure: exposure, corpusCounts: counts, files: files, notes: notes)
    }

    /// Meanings that the study gives, and those beside them of labels that it says nothing about.
    static func labels(_ given: [String: String], beside others: [String: String]) -> [String: String] {
        let known = Set(given.keys.map(LabelSpellings.key))
        return others.filter { !known.contains(LabelSpellings.key($0.key)) }.merging(given) { $1 }
    }

    /// How rows of a forget file name some domains: by label and by the words of the domains' lexicons.
    static func exclusion(_ set: StudyFile.Forget, domains: [String], lexicons: [ConceptLexicon]) -> DomainExclusion {
        var words: [String: [String]] = [:]
        for lexicon in lexicons where lexicon.role == .concept && domains.contains(lexicon.domain) {
            words[lexicon.domain, default: []] += lexicon.words.map(\.text)
        }
        return DomainExclusion(
            domains: domains,
            // The column that is read as a list is the one that can name other domains too.
            labelColumn: set.conditions.first { $0.reading != "equals" }?.column,
            labels: labels(set.codes, beside: DomainExclusion.dghsLabels), words: words)
    }
}

extension StudyFile {
    /// The benchmarks asked for: keys of a registry, each with its files.
    var benchmarkRequests: [(key: String, files: [String])] { evaluate.benchmarks.map { ($0.name, $0.files) } }

    /// Whether text that may hurt is printed.
    var textPolicy: TextPolicy { report.text == TextPolicy.shown.rawValue ? .shown : .redacted }

    /// What the models are asked to go on with; nil where the study does not ask.
    ///
    /// - Throws: ``InputError`` for a prompt that no model goes on with, and for what is wrong in a file.
    func continuations(
        _ tokenizer: any Tokenizer, _ configuration: ModelConfiguration
    ) throws -> ContinuationMaker? {
        try generate.map { settings in
            var sampling = SamplingSettings()
            sampling.maximumTokens = settings.maximumTokens
            (sampling.temperature, sampling.topP, sampling.seed) = (
                settings.temperature, settings.topP, UInt64(seeds[0])
            )
            return try ContinuationMaker(
                prompts: settings.prompts, lexicon: settings.lexicon, samples: settings.samples, sampling: sampling,
                policy: textPolicy, tokenizer: tokenizer,
                configuration: configuration)
        }
    }

    /// Reads the benchmarks, with items of every label but those with a fault that is left out.
    ///
    /// - Returns: them, and the known faults of their items by name of the benchmark and by row.
    /// - Throws: ``InputError`` for a benchmark that the registry does not know, a fault that the list does not have, and for
    ///   what is wrong in a file.
    func readBenchmarks(_ registry: BenchmarkRegistry) throws -> (
        benchmarks: [any BiasBenchmark], faults: [String: [Int: [String]]]
    ) {
        let read = try registry.read(benchmarkRequests, labels: pairLabels, at: "evaluate")
        return try ItemFaults.read(evaluate.faults)
            .leavingOut(evaluate.leaveOutFaults, of: read, at: "evaluate.leave-out-faults")
    }

    /// The items of a benchmark that the study scores, of each domain no more than it asks for.
    ///
    /// - Parameter leads: whether the benchmark leads the report. The one that leads must show whether the bias of every
    ///   target fell; of one beside it, items of any domain are enough.
    /// - Throws: ``InputError`` when none is about a target domain, or about no domain of the study at all.
    func selecting(_ benchmark: any BiasBenchmark, leads: Bool) throws -> any BiasBenchmark {
        if leads, let target = domains.targets.first(where: { !benchmark.domains.contains($0) }) {
            throw InputError(
                "no item about the target domain '\(target)'", at: benchmark.path,
                remedy: "name its benchmark label under evaluate.labels, or begin `evaluate` with another benchmark")
        }
        guard benchmark.domains.contains(where: domains.all.contains) else {
            throw InputError(
                "no item about a domain of the study", at: benchmark.path,
                remedy:
                    "it has \(benchmark.domains.map { "'\($0)'" }.joined(separator: ", ")); name its benchmark labels under evaluate.labels"
            )
        }
        let chosen: any BiasBenchmark = benchmark.selecting(domains: Set(domains.all))
        return chosen.sampling(evaluate.pairs, seed: UInt64(seeds[0]))
    }
}
