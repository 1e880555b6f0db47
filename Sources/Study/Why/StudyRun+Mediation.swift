import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Foundation
import LanguageModel
import LinearAlgebra
import StudyFiles

/// What the mediation stage stores under /mediation.
struct MediationRecord: Codable, Equatable {
    /// One site of one subject.
    struct Site: Codable, Equatable {
        var subject: String
        var site: String
        var targetRank: Int
        var subjectRank: Int
        var cosines: [Double]
        var thresholds: [Double]
        var shared: Int
    }

    /// The subspaces.
    var tables: [MediationTable] = []
    /// How they came about.
    var sites: [Site] = []
    /// Sentences in which words were read.
    var templates = 0
    /// What was left out, with reasons.
    var notDone: [NotComputed] = []

    static let name = "mediation"
}

extension StudyRun {
    /// Removes from the update, and keeps alone, its part in what target and each other domain share; with random subspaces
    /// as controls.
    func mediation(after: TransformerModel) throws {
        guard study.why.mediation, try RunReader(folder.path).storedRecord(MediationRecord.name) == nil else { return }
        try checkInterrupt()
        progress.begin("shared subspaces")
        let update = try untiedUpdate(after: after)
        var record = MediationRecord()
        let templates = contrastTemplates()
        record.templates = templates.count
        let words = contrastWords()
        let target = study.domains.target
        let subjects = (study.domains.transfer + study.domains.control).filter { subject in
            let groups = Set(words.filter { $0.domain == subject }.map(\.group))
            if groups.count < 2 {
                record.notDone.append(
                    NotComputed(what: "mediation through \(subject)", reason: "its lexicon has no two groups"))
            }
            return groups.count > 1
        }
        guard templates.count >= 4, Set(words.filter { $0.domain == target }.map(\.group)).count > 1 else {
            let reason =
                templates.count < 4
                ? "\(templates.count) neutral sentences with a control word, 4 wanted"
                : "the lexicon of \(target) has no two groups"
            record.notDone.append(NotComputed(what: "mediation", reason: reason))
            return try writer.write(try StageRecord.record(record), as: MediationRecord.name)
        }
        var options = SharedSubspaces.Options()
        options.draws = isLarge ? 100 : 200
        options.seed = UInt64(study.seeds[0])
        let found = try SharedSubspaces(update.before, words: words, templates: templates, options: options).find(
            target: target, subjects: subjects
        ) { done, total in
            progress.update(done, of: total)
            try checkInterrupt()
        }
        for subject in subjects {
            record.sites += (found[subject] ?? []).map { shared in
                MediationRecord.Site(
                    subject: subject, site: name(shared.site), targetRank: shared.targetRank,
                    subjectRank: shared.subjectRank, cosines: shared.cosines, thresholds: shared.thresholds,
                    shared: shared.shared.rows)
            }
        }
        try scoreSubspaces(found, subjects: subjects, update: update, into: &record)
        try writer.write(try StageRecord.record(record, tables: tables(record)), as: MediationRecord.name)
        try audit.append("mediation", ["subspaces": .integer(record.tables.count)])
    }

    private func scoreSubspaces(
        _ found: [String: [SharedSubspace]], subjects: [String], update: ParameterUpdate,
        into record: inout MediationRecord
    ) throws {
        var options = Mediation.Options()
        options.controls = study.why.controls
        options.seed = UInt64(study.seeds[0])
        // Exact scores of three draws calibrate the first order of the others.
        options.exactControls = isLarge ? min(3, study.why.controls) : study.why.controls
        options.keepsControls = !isLarge
        let mediation = Mediation(update, scorer: leadingScorer, probe: probe, options: options)
        var gradients: [String: FloatBuffer] = [:]
        if isLarge {
            progress.begin("path gradients")
            for (index, domain) in study.domains.all.enumerated() {
                let objective = leadingScorer.biasObjective(domain)
                guard !objective.predictions.isEmpty else { continue }
                gradients[domain] = try pathGradient(domain, update: update)
                progress.update(index + 1, of: study.domains.all.count)
                try checkInterrupt()
            }
        }
        progress.begin("mediation, \(options.exactControls) exact controls a subspace")
        let workspace = Mediation.Workspace(update, probe: probe)
        let total = subjects.count * 2 * mediation.modelsPerSubspace
        var count = 0
        var scoredBefore:
            [(
                bases: [ResidualSite: Matrix<Double>],
                scored: (rows: [InterventionRow], normShare: Double, firstOrder: [Mediation.FirstOrderDraw])
            )] = []
        for subject in subjects {
            let sites = found[subject] ?? []
            let kinds: [(String, (SharedSubspace) -> Matrix<Double>)] = [
                ("shared", \.shared), ("specific", \.specific),
            ]
            for (subspace, part) in kinds {
                let bases = Dictionary(uniqueKeysWithValues: sites.map { ($0.site, part($0)) }).filter {
                    $0.value.rows > 0
                }
                var table = MediationTable(
                    benchmark: leadingScorer.benchmark, subject: subject, subspace: subspace,
                    ranks: ranks(bases.mapValues(\.rows)))
                if !bases.isEmpty {
                    // Domains often share the same directions; their models are scored once.
                    let known = scoredBefore.first { $0.bases == bases }?.scored
                    var scored =
                        try known
                        ?? mediation.score(
                            bases, name: subspace, subject: subject, workspace: workspace, gradients: gradients
                        ) {
                            count += 1
                            progress.update(count, of: total, note: "\(subspace) with \(subject)")
                            try checkInterrupt()
                        }
                    if known == nil { scoredBefore.append((bases, scored)) }
                    for row in scored.rows.indices {
                        scored.rows[row].module = subspace
                        scored.rows[row].subject = subject
                    }
                    table.normShare = scored.normShare
                    table.firstOrder = scored.firstOrder.map(\.removed)
                    // A stage that was cut short left rows of its own; they are the same ones.
                    if try !storedModules(.removed).contains("\(subspace)/\(subject)") {
                        try writer.appendInterventions(self.table(scored.rows))
                    }
                }
                record.tables.append(table)
            }
        }
    }

    // MARK: Words and sentences

    /// Concept words that stand in one domain only, and control words; of a large model's lexicons the first of each group.
    private func contrastWords() -> [ContrastWord] {
        let most = isLarge ? 16 : 64
        var taken: [String: Int] = [:]
        let tokenizer = inputs.checkpoint.tokenizer
        let usable = inputs.concepts.words.filter { word in
            !word.inTwoConcepts && word.status != .missing
                && (word.isControl ? word.exposure == .unexposed : study.domains.all.contains(word.domain))
        }
        var stream = RandomStream(seed: UInt64(study.seeds[0]), label: "contrast-control-words")
        let controls = stream.shuffled(usable.filter { $0.isControl && !$0.singleTokens.isEmpty }).prefix(4 * most)
        return (usable.filter { !$0.isControl } + controls).compactMap { word in
            if !word.isControl {
                let key = word.domain + "/" + word.group
                // A pair is taken whole: both sides stand in the same order.
                guard taken[key, default: 0] < most else { return nil }
                taken[key, default: 0] += 1
            }
            return ContrastWord(
                domain: word.isControl ? SharedSubspaces.controlDomain : word.domain, group: word.group,
                pair: word.pair,
                tokens: tokenizer.encode(" " + word.word))
        }
    }

    /// Neutral sentences of the study with a control word taken out; sentences that hold a concept word are left out.
    private func contrastTemplates() -> [ContrastTemplate] {
        let (wanted, reach) = isLarge ? (8, 4) : (16, 6)
        let words = inputs.concepts.words
        let concept = Set(words.filter { !$0.isControl }.map { $0.word.lowercased() })
        let control = Set(words.filter { $0.isControl && !$0.singleTokens.isEmpty }.map(\.word))
        let tokenizer = inputs.checkpoint.tokenizer
        let begin = tokenizer.beginToken.map { [$0] } ?? []
        var stream = RandomStream(seed: UInt64(study.seeds[0]), label: "contrast-templates")
        var templates: [ContrastTemplate] = []
        for sentence in stream.shuffled(neutralSentences(includingRetain: true)) {
            let pieces = sentence.split(separator: " ").map(String.init)
            let cores = pieces.map(NeutralMinimalPairs.core)
            guard !cores.contains(where: { concept.contains($0.lowercased()) }) else { continue }
            let places = pieces.indices.filter { place in
                (1...16).contains(place) && control.contains(cores[place]) && pieces[place].hasPrefix(cores[place])
            }
            guard let place = places.first else { continue }
            let rest = ([String(pieces[place].dropFirst(cores[place].count))] + pieces[(place + 1)...]).joined(
                separator: " ")
            let after = tokenizer.encode(rest)
            guard after.count >= 3 else { continue }
            templates.append(
                ContrastTemplate(
                    before: begin + tokenizer.encode(pieces[..<place].joined(separator: " ")),
                    after: Array(after.prefix(reach))))
            if templates.count == wanted { break }
        }
        return templates
    }

    // MARK: Form

    private func name(_ site: ResidualSite) -> String {
        switch site {
        case .stream(let layer): "stream/\(layer)"
        case .attentionInput(let layer): "attention input/\(layer)"
        case .attentionOutput(let layer): "attention output/\(layer)"
        case .mlpInput(let layer): "mlp input/\(layer)"
        case .head: "head"
        }
    }

    /// Embeddings, each block (the most at any of its sites), the head.
    private func ranks(_ ranks: [ResidualSite: Int]) -> [Int] {
        let layers = inputs.checkpoint.model.configuration.layerCount
        return [ranks[.stream(0)] ?? 0]
            + (0..<layers).map { layer in
                [ResidualSite.attentionInput(layer), .attentionOutput(layer), .mlpInput(layer), .stream(layer + 1)]
                    .map { ranks[$0] ?? 0 }.max() ?? 0
            } + [ranks[.head] ?? 0]
    }

    private func tables(_ record: MediationRecord) -> [String: Embeddings.Table] {
        let rows = record.sites
        var sites = Embeddings.Table()
        sites.append(.string(rows.map(\.subject)), as: "subject")
        sites.append(.string(rows.map(\.site)), as: "site")
        sites.append(.int64(rows.map { Int64($0.targetRank) }), as: "target_rank")
        sites.append(.int64(rows.map { Int64($0.subjectRank) }), as: "subject_rank")
        sites.append(.int64(rows.map { Int64($0.shared) }), as: "shared")
        sites.append(.double(rows.map { $0.cosines.first ?? .nan }), as: "first_cosine")
        sites.append(.double(rows.map { $0.thresholds.first ?? .nan }), as: "first_threshold")
        return ["sites": sites]
    }
}
