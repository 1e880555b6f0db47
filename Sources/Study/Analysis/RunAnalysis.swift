import Analyze
import Embeddings
import Files
import Foundation
import LinearAlgebra

/// The analysis of a run, from its run.h5 alone.
///
/// A study's run ends with this, and `driftscope analyze` does it again on a run of any age: one way to the numbers.
public enum RunAnalysis {
    /// Reads what the analysis needs from a run.
    ///
    /// - Throws: ``InputError`` when the run has not got so far.
    static func input(_ reader: RunReader, study: StudyFile) throws -> AnalysisInput {
        let domains = analysisDomains(study)
        var spaces = [try inputSpace(reader, study: study)]
        spaces += try contextualSpaces(reader, domains: domains)
        let facts = try StoredFacts(try reader.provenance()?.facts ?? [:])
        var settings = AnalysisSettings()
        settings.seed = UInt64(study.seeds[0])
        settings.bootstrapDraws = study.analyze.bootstrap
        settings.controlDraws = study.analyze.controls
        settings.margin = study.analyze.margin
        let benchmarks = try benchmarks(reader)
        let interventions = try reader.interventions()
        let transfer = try TransferInput(
            domains: domains, benchmarks: benchmarks,
            nulls: (interventions.map { nulls($0, facts.null, benchmarks: benchmarks, domains: domains) } ?? [])
                + neutralNulls(reader, benchmarks: benchmarks, domains: domains),
            doses: interventions.map { doses($0, domains: domains) } ?? [],
            seeds: try seeds(reader, study: study, benchmarks: benchmarks, domains: domains),
            budgets: budgets(facts, study), disjointness: facts.disjointness)
        return AnalysisInput(
            spaces: spaces, transfer: transfer, settings: settings,
            attribution: try attribution(reader, study: study, benchmarks: benchmarks, domains: domains))
    }

    static func analysisDomains(_ study: StudyFile) -> [AnalysisDomain] {
        [AnalysisDomain(name: study.domains.target, role: .target)]
            + study.domains.transfer.map { AnalysisDomain(name: $0, role: .transfer) }
            + study.domains.control.map { AnalysisDomain(name: $0, role: .control) }
    }

    // MARK: Spaces

    /// The input embeddings before and after, with what is known of each token.
    static func inputSpace(_ reader: RunReader, study: StudyFile) throws -> DriftInput {
        guard let tokens = try reader.tokens(), let concepts = try reader.concepts() else {
            throw InputError("the run holds no tokens or concepts", at: reader.path, remedy: "go on with it: --resume")
        }
        let before = try reader.embedding(try reader.snapshot("before"))
        let after = try reader.embedding(try reader.snapshot("after"))
        let words = concepts.words
        let conceptTokens = Set(words.filter { !$0.isControl }.flatMap(\.singleTokens))
        let rows = (0..<tokens.count).map { i -> DriftRowInfo in
            let exposure: WordExposure =
                tokens.forgetMaskedCount[i] > 0 ? .masked : tokens.forgetCount[i] > 0 ? .seen : .unexposed
            return DriftRowInfo(
                key: tokens.keys[i], frequency: Int(max(0, tokens.corpusCount[i])), exposure: exposure,
                isPadding: tokens.isPadRow[i] || tokens.isSpecial[i],
                isControl: isWord(tokens.bytes[i]) && !conceptTokens.contains(Int32(i)))
        }
        return DriftInput(
            space: "input embeddings", before: before, after: after, rows: rows,
            words: words.filter { !$0.singleTokens.isEmpty }.map { driftWord($0, rows: $0.singleTokens.map(Int.init)) },
            dropped: dropped(words), domains: analysisDomains(study))
    }

    /// The word vectors of every layer, where both snapshots have them; the controls are the control lexicons' words.
    private static func contextualSpaces(_ reader: RunReader, domains: [AnalysisDomain]) throws -> [DriftInput] {
        let snapshots = try reader.snapshots()
        guard let first = snapshots.first(where: { $0.label == "before" }),
            let last = snapshots.first(where: { $0.label == "after" }),
            let before = try reader.contextual(step: first.step), let after = try reader.contextual(step: last.step),
            let concepts = try reader.concepts()
        else { return [] }
        let words = concepts.words
        guard words.count == before.words.count, before.mean.count == after.mean.count else {
            throw InputError(
                "the contextual vectors are of other words than the concepts", at: reader.path,
                remedy: "run the study again")
        }
        return before.mean.indices.map { layer in
            DriftInput(
                space: layer == 0 ? "contextual, embeddings" : "contextual, layer \(layer)",
                before: before.mean[layer], after: after.mean[layer],
                rows: words.map { word in
                    DriftRowInfo(
                        key: word.word, frequency: 0, exposure: exposure(word.exposure),
                        tokenCount: word.singleTokens.isEmpty ? 2 : 1, isControl: word.isControl)
                },
                words: words.enumerated().filter { !$1.isControl }.map { driftWord($1, rows: [$0]) },
                domains: domains)
        }
    }

    private static func driftWord(_ word: ResolvedWord, rows: [Int]) -> DriftWord {
        DriftWord(
            domain: word.domain, group: word.group, word: word.word, rows: rows, exposure: exposure(word.exposure),
            inTwoConcepts: word.inTwoConcepts, pair: word.pair)
    }

    private static func exposure(_ level: ExposureLevel) -> WordExposure {
        switch level {
        case .masked: .masked
        case .seen: .seen
        case .unexposed: .unexposed
        }
    }

    private static func dropped(_ words: [ResolvedWord]) -> [DroppedWord] {
        words.filter(\.singleTokens.isEmpty).map {
            DroppedWord(
                domain: $0.domain, group: $0.group, word: $0.word,
                reason: $0.status == .multi ? "no spelling is a single token" : "the tokenizer cannot spell it")
        }
    }

    /// A leading space and letters: a whole word, not a piece of one.
    private static func isWord(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 2, bytes[0] == 0x20 else { return false }
        return bytes.dropFirst().allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
    }

    // MARK: Scores

    private static func benchmarks(_ reader: RunReader) throws -> [BenchmarkScores] {
        let all = try reader.evaluations()
        return try all.filter { $0.label == "before" }.map { entry in
            guard let before = try reader.evaluation(label: "before", benchmark: entry.benchmark),
                let after = try reader.evaluation(label: "after", benchmark: entry.benchmark)
            else {
                throw InputError(
                    "\(entry.benchmark) has no scores of the model after", at: reader.path,
                    remedy: "go on with the run: --resume")
            }
            let removed = try reader.evaluation(label: StudyRun.commonRemovedLabel, benchmark: entry.benchmark)
            return BenchmarkScores(
                name: entry.benchmark, profile: before.profile,
                items: try items(before.items, after.items, removed?.items, place: reader.path))
        }
    }

    private static func items(_ before: Table, _ after: Table, _ removed: Table?, place: String) throws
        -> [TransferItem]
    {
        guard let rows = before.int64("row"), let domains = before.string("domain"), let gaps = before.double("gap"),
            let later = after.double("gap"), after.int64("row") == rows,
            let identity = before.bool("identity_exposed"), let attribute = before.bool("attribute_exposed")
        else {
            throw InputError("score tables that do not match", at: place, remedy: "run the study again")
        }
        let clusters = before.names.filter { $0.hasPrefix(ScoreTables.clusterPrefix) }
            .compactMap { name in
                before.string(name).map { (String(name.dropFirst(ScoreTables.clusterPrefix.count)), $0) }
            }
        let without = removed?.int64("row") == rows ? removed?.double("gap") : nil
        return rows.indices.map { i in
            TransferItem(
                row: Int(rows[i]), domain: domains[i], before: gaps[i], after: later[i],
                afterCommonRemoved: without?[i],
                clusters: Dictionary(
                    uniqueKeysWithValues: clusters.compactMap { $0.1[i].isEmpty ? nil : ($0.0, $0.1[i]) }),
                identityExposed: identity[i], attributeExposed: attribute[i])
        }
    }

    private static func doses(_ table: InterventionTable, domains: [AnalysisDomain]) -> [DoseTable] {
        guard let kinds = table.rows.string("kind"),
            let benchmarks = table.rows.string("benchmark"), let alphas = table.rows.double("alpha"),
            let kl = table.rows.double("kl"), let perplexity = table.rows.double("perplexity")
        else { return [] }
        let pairs = Set(benchmarks).sorted().flatMap { name in domains.map { (benchmark: name, domain: $0.name) } }
        return pairs.compactMap { pair in
            guard let gaps = table.gaps[ScoreTables.key(pair.benchmark, pair.domain)] else { return nil }
            let points = kinds.indices.filter { kinds[$0] == "dose" && benchmarks[$0] == pair.benchmark }.map { row in
                DosePoint(
                    alpha: alphas[row], gaps: gaps.row(row).map(Double.init),
                    perplexity: perplexity[row].isNaN ? nil : perplexity[row], kl: kl[row].isNaN ? nil : kl[row])
            }
            return DoseTable(benchmark: pair.benchmark, domain: pair.domain, points: points)
        }
    }

    private static func nulls(
        _ table: InterventionTable, _ facts: StoredFacts.Null?, benchmarks: [BenchmarkScores],
        domains: [AnalysisDomain]
    ) -> [NullTable] {
        guard let kinds = table.rows.string("kind"), let names = table.rows.string("benchmark"),
            let seeds = table.rows.int64("seed"),
            let scoring = table.rows.string("scoring"), let kl = table.rows.double("kl")
        else { return [] }
        var out: [NullTable] = []
        for benchmark in benchmarks.sorted(by: { $0.name < $1.name }) {
            for domain in domains {
                let gaps = benchmark.items.filter { $0.domain == domain.name }.map(\.before)
                guard let bias = table.rows.double(ScoreTables.biasPrefix + domain.name), !gaps.isEmpty else {
                    continue
                }
                let before = gaps.reduce(0, +) / Double(gaps.count)
                let first = table.rows.double(ScoreTables.firstOrderPrefix + domain.name)
                let draws = kinds.indices.filter {
                    kinds[$0] == "random" && names[$0] == benchmark.name && !bias[$0].isNaN
                }.map { row in
                    NullDraw(
                        seed: UInt64(bitPattern: seeds[row]), exact: scoring[row] == "exact" ? bias[row] - before : nil,
                        firstOrder: first.flatMap { $0[row].isNaN ? nil : $0[row] - before },
                        kl: kl[row].isNaN ? nil : kl[row])
                }
                if !draws.isEmpty {
                    out.append(
                        NullTable(
                            kind: "random-update", benchmark: benchmark.name, domain: domain.name, draws: draws,
                            worstKLError: facts?.worstKLError, unmatched: facts?.unmatched))
                }
            }
        }
        return out
    }

    // MARK: Budgets

    /// Guard text first (what stopped the run), then the reported perplexity, which no budget has seen.
    private static func budgets(_ facts: StoredFacts, _ study: StudyFile) -> [QualityBudget] {
        var out: [QualityBudget] = []
        let limit = study.guardRule?.perplexityRise
        if let rule = study.guardRule, let baseline = facts.outcome?.baseline {
            let kept = facts.outcome?.kept
            let rise = kept.map { ($0.perplexity - baseline.perplexity) / baseline.perplexity }
            out.append(
                QualityBudget(
                    name: "perplexity", text: "guard text", before: baseline.perplexity, after: kept?.perplexity,
                    value: rise, limit: rule.perplexityRise))
            out.append(
                QualityBudget(
                    name: "kl", text: "guard text", before: nil, after: nil, value: kept?.klDivergence, limit: rule.kl))
        }
        for text in facts.perplexity {
            guard let before = text.before?.value, let after = text.after?.value else { continue }
            let name = (text.text as NSString).lastPathComponent
            out.append(
                QualityBudget(
                    name: "perplexity", text: name, before: before, after: after, value: (after - before) / before,
                    limit: limit))
            out.append(
                QualityBudget(
                    name: "kl", text: name, before: nil, after: nil, value: text.kl, limit: study.guardRule?.kl))
        }
        return out
    }
}
