import BuiltInStudy
import Evaluate
import FileSupport
import Foundation
import LanguageModel
import Study
import StudyFiles
import SyntheticStudies

/// Studies and the texts and tables that they name.
extension Reader {
    /// Reads all inputs of a study; now and then also lays it out as `--dry-run` does.
    private static func readInputs(_ study: StudyFile, _ mutant: Mutant) throws {
        guard mutant.number % 4 == 0 else {
            _ = try StudyInputs.read(study, progress: .silent)
            return
        }
        _ = try DryRun.run(study, folder: mutant.folder + "/run", resume: false, progress: .silent)
    }

    private static func makeStudy(_ seeds: Seeds, _ folder: String) throws { try seeds.copy(seeds.base, to: folder) }

    static let study = Reader(
        kind: "study", targets: ["study.yaml"],
        makeSeeds: { seeds, folder in
            try makeStudy(seeds, folder + "/short")
            try makeStudy(seeds, folder + "/whole")
            try seeds.write(seeds.study().resolved(), to: folder + "/whole/study.yaml")
        },
        read: { try readInputs(try StudyFile.read($0.path), $0) })

    static let override = Reader(
        kind: "override", targets: ["override.txt"],
        makeSeeds: { seeds, folder in
            for (name, text) in [
                ("number", "optimizer.batch=4"), ("list", "analyze.scaling=[1, 2]"), ("entry", "forget.0.text=text"),
                ("map", "evaluate.labels={race-color: race}"), ("text", "guard.perplexity=+5%"),
                ("lines", "evaluate.perplexity-lines=1-9"),
            ] { try seeds.write(text, to: folder + "/\(name)/override.txt") }
        },
        read: { mutant in
            let text = String(decoding: try Input.bytes(mutant.path, mayBeEmpty: true), as: UTF8.self)
            try readInputs(try StudyFile.read(mutant.seeds.base + "/study.yaml", overrides: [text]), mutant)
        })

    static let pairs = Reader(
        kind: "pairs", targets: ["pairs.csv", "pairs.tsv"],
        makeSeeds: { seeds, folder in
            try seeds.copy(seeds.base + "/pairs.csv", to: folder + "/comma/pairs.csv")
            let text = try Input.text(seeds.base + "/pairs.csv")
            try seeds.write(text.replacing(",", with: "\t"), to: folder + "/tab/pairs.tsv")
        },
        read: { mutant in
            _ = try Inspection.of(mutant.path, isVerified: false)
            _ = try ModelEvaluation.run(
                model: mutant.seeds.base + "/model", benchmarks: [(CrowSPairs.key, mutant.path)], texts: [],
                profile: .driftscope, byLine: false, perItem: mutant.folder + "/items.csv",
                perToken: mutant.folder + "/tokens.jsonl", progress: .silent)
        })

    static let stereoSet = Reader(
        kind: "stereoset", targets: ["items.json"],
        makeSeeds: { seeds, folder in
            let table = try CSVTable.read(seeds.base + "/pairs.csv")
            let (more, less) = (try table.column("sent_more"), try table.column("sent_less"))
            let type = try table.column("bias_type")
            func examples(_ context: String) -> JSON {
                .array(
                    table.records.prefix(6).enumerated().map { row, record in
                        let texts = [
                            ("stereotype", record.fields[more]), ("anti-stereotype", record.fields[less]),
                            ("unrelated", "Moors look shy."),
                        ]
                        return [
                            "id": .string("e\(row)"), "target": .string("term\(row % 3)"),
                            "bias_type": .string(record.fields[type]), "context": .string(context),
                            "sentences": .array(
                                texts.map { ["sentence": .string($0.1), "gold_label": .string($0.0), "labels": []] }),
                        ]
                    })
            }
            let (filled, following) = (examples("BLANK men sing"), examples("Men sing."))
            for (name, data) in [
                ("both", ["intrasentence": filled, "intersentence": following]), ("one", ["intersentence": following]),
            ] as [(String, JSON)] {
                let file: JSON = ["version": "1.0", "data": data]
                try seeds.write(file.compact, to: folder + "/\(name)/items.json")
            }
        },
        read: { mutant in
            _ = StereoSet.recognizes(mutant.path)
            _ = try ModelEvaluation.run(
                model: mutant.seeds.base + "/model", benchmarks: [(StereoSet.key, mutant.path)], texts: [],
                profile: mutant.number % 2 == 0 ? .driftscope : .biasBench, byLine: false,
                perItem: mutant.folder + "/items.csv", perToken: mutant.folder + "/tokens.jsonl", progress: .silent)
        })

    static let forgetSet = Reader(
        kind: "forget-set", targets: ["forget.csv", "forget.tsv", "forget.jsonl"],
        makeSeeds: { seeds, folder in
            try makeStudy(seeds, folder + "/comma")
            let table = try CSVTable.read(seeds.base + "/forget.csv")
            let rows = table.records.map(\.fields)
            for (name, text) in [
                ("tsv", ([table.header] + rows).map { $0.joined(separator: "\t") + "\n" }.joined()),
                (
                    "jsonl",
                    rows.map { row in
                        JSON.object(zip(table.header, row).map { ($0, .string($1)) }).compact + "\n"
                    }.joined()
                ),
            ] {
                let place = folder + "/" + name
                try makeStudy(seeds, place)
                try FileManager.default.removeItem(atPath: place + "/forget.csv")
                try seeds.write(text, to: place + "/forget.\(name)")
                let study = try Input.text(place + "/study.yaml")
                try seeds.write(study.replacing("forget.csv", with: "forget.\(name)"), to: place + "/study.yaml")
            }
        },
        read: { try readInputs(try StudyFile.read($0.folder + "/study.yaml"), $0) })

    static let annotations = Reader(
        kind: "annotations", targets: ["forgotten-words.jsonl", "words.jsonl"],
        makeSeeds: { seeds, folder in
            try seeds.makeEndedRun()
            for name in ["forgotten-words", "words"] {
                let place = folder + "/" + name
                try makeStudy(seeds, place)
                let study = try Input.text(place + "/study.yaml")
                try seeds.write(
                    study.replacing("{lexicon: harmful.json}", with: "{annotations: \(name).jsonl}"),
                    to: place + "/study.yaml")
            }
            try seeds.copy(
                seeds.endedRun + "/forgotten-words.jsonl", to: folder + "/forgotten-words/forgotten-words.jsonl")
            try seeds.write(
                """
                {"row": "f1", "words": ["brash"]}
                {"row": "f2", "spans": [[0, 4], [5, 9]]}
                {"row": "f4", "words": ["shy", {"bytes": [0, 4]}]}

                """, to: folder + "/words/words.jsonl")
        },
        read: { try readInputs(try StudyFile.read($0.folder + "/study.yaml"), $0) })

    static let lexicon = Reader(
        kind: "lexicon", targets: ["harmful.json", "gender.json", "control-things.json"],
        makeSeeds: { try makeStudy($0, $1 + "/study") },
        read: { try readInputs(try StudyFile.read($0.folder + "/study.yaml"), $0) })

    static let text = Reader(
        kind: "text", targets: ["retain.txt", "guard.txt", "perplexity.txt", "text.txt"],
        makeSeeds: { try makeStudy($0, $1 + "/study") },
        read: { mutant in
            try each(
                { try readInputs(try StudyFile.read(mutant.folder + "/study.yaml"), mutant) },
                {
                    _ = try ModelEvaluation.run(
                        model: mutant.seeds.base + "/model", benchmarks: [], texts: [mutant.path],
                        profile: .driftscope, byLine: mutant.number % 2 == 0, perItem: nil, perToken: nil,
                        progress: .silent)
                })
        })

    static let training = Reader(
        kind: "training", targets: ["training.json"],
        makeSeeds: { seeds, folder in
            let settings: JSON = [
                "vocabularySize": 300, "minimumFrequency": 1, "contextLength": 16, "hiddenSize": 8, "layerCount": 1,
                "headCount": 2, "steps": 2, "batchTokens": 64, "learningRate": 0.003, "warmupSteps": 1,
                "finalLearningRateFraction": 0.02, "beta2": 0.98, "weightDecay": 0.01, "clipNorm": 1,
                "heldOutFraction": 0.1, "evaluateEvery": 1, "seed": 1,
            ]
            try seeds.write(settings.pretty, to: folder + "/small/training.json")
        },
        read: { mutant in
            let configuration = try TrainingConfiguration.read(mutant.path)
            // Larger ones are what their user asks for, and take long.
            let size = configuration.layerCount * configuration.hiddenSize * configuration.hiddenSize
            let texts = try Trainer.documents(inFiles: [mutant.seeds.base + "/text.txt"])
            guard size < 1 << 20, configuration.contextLength < 1 << 12 else { return }
            _ = try Trainer.train(texts: texts, configuration: configuration) { $0.step < 2 }
        })

    static let grammar = Reader(
        kind: "grammar", targets: ["grammar.json"],
        makeSeeds: { seeds, folder in
            for name in ["planted", "latent", "lexical"] {
                let grammar = try JSON.read(BuiltInStudy.path(name + "/grammar.json"))
                let sizes: JSON = [
                    "text": 300, "domain-share": 0.115, "forget": 12, "retain": 20, "guard": 5, "perplexity": 10,
                    "placebo": 6, "pairs-per-attribute": 1,
                ]
                try seeds.write(grammar.setting("sizes", to: sizes).compact, to: "\(folder)/\(name)/grammar.json")
            }
        },
        read: { mutant in
            let sizes = try JSON.read(mutant.path)["sizes"]
            // Millions of sentences are what their user asks for, and take long.
            if case .object(let members)? = sizes,
                members.contains(where: { if case .integer(10_000...) = $0.1 { true } else { false } })
            {
                _ = try Grammar.read(mutant.path)
            } else {
                _ = try GrammarTexts.write(grammar: mutant.path, out: mutant.folder + "/out", replacing: true)
            }
        })

    static let dataFolder = Reader(
        kind: "data-folder", targets: [".csv", ".jsonl", ".txt", ".json"],
        makeSeeds: { seeds, folder in
            for name in ["forget.csv", "pairs.csv", "retain.txt", "perplexity.txt", "harmful.json", "concepts"] {
                try seeds.copy(seeds.base + "/" + name, to: folder + "/folder/data/" + name)
            }
            try seeds.write(
                #"{"text": "Many kings look brash.", "label": "hate", "target": "gen.men"}"# + "\n",
                to: folder + "/folder/data/more.jsonl")
        },
        read: { mutant in
            _ = try StudyScaffold.write(
                model: mutant.seeds.base + "/model", data: mutant.folder + "/data", to: mutant.folder + "/study.yaml",
                replacing: true, progress: .silent)
        })

    static let table = Reader(
        kind: "table", targets: [".csv", ".tsv", ".tab"],
        makeSeeds: { seeds, folder in
            try seeds.write(
                "id,name,\"a \"\"b\"\", c\"\n1,\"two\nlines\",x\r\n2,,\"\"\n", to: folder + "/quoted/table.csv")
            try seeds.write("id\tname\n1\té\n2\t\n", to: folder + "/tabs/table.tsv")
            try seeds.write("\u{FEFF}a,b\r\n1,2\r\n", to: folder + "/mark/table.csv")
        },
        read: { mutant in
            _ = try Inspection.of(mutant.path, isVerified: false)
            let table = try CSVTable.read(mutant.path)
            // What was read is written and read the same.
            var out = CSVWriter(header: table.header)
            for record in table.records { out.append(record.fields) }
            guard mutant.file.hasSuffix(".csv") else { return }
            let again = try CSVTable.parse(Array(out.bytes), place: table.place)
            guard again.header == table.header, again.records.map(\.fields) == table.records.map(\.fields) else {
                throw WrongNumbers("a table that is written is read as another")
            }
        })
}
