import Evaluate
import FileSupport
import Study

/// Files of single benchmarks.
extension Reader {
    /// Scores the small model by a mutant and what lies beside it.
    static func evaluate(
        _ mutant: Mutant, benchmarks: [(key: String, file: String)] = [], associations: [String] = []
    ) throws {
        _ = try ModelEvaluation.run(
            model: mutant.seeds.base + "/model", benchmarks: benchmarks, associations: associations, texts: [],
            profile: .driftscope, byLine: false, perItem: mutant.folder + "/items.csv", perToken: nil,
            progress: .silent)
    }

    static let association = Reader(
        kind: "association", targets: ["weat.jsonl"],
        makeSeeds: { seeds, folder in
            func group(_ name: String, _ texts: [String]) -> JSON {
                ["category": .string(name), "examples": .array(texts.map { .string($0) })]
            }
            for (name, dot) in [("words", ""), ("sentences", " sat.")] {
                let sets: JSON = [
                    "targ1": group("Kings", ["king", "man", "boy"].map { $0 + dot }),
                    "targ2": group("Queens", ["queen", "woman", "girl"].map { $0 + dot }),
                    "attr1": group("Loud", ["brash", "loud"]), "attr2": group("Still", ["shy", "still"]),
                ]
                try seeds.write(sets.pretty, to: folder + "/" + name + "/weat.jsonl")
            }
        }, read: { try evaluate($0, associations: [$0.path]) })

    static let blimp = Reader(
        kind: "blimp", targets: ["pairs.jsonl"],
        makeSeeds: { seeds, folder in
            let lines = ["number", "order"].enumerated().map { row, field -> String in
                let pair: JSON = [
                    "sentence_good": "The maids are shy.", "sentence_bad": "The maids is shy.", "field": .string(field),
                    "linguistics_term": "agreement", "UID": "maids_are", "pairID": .string("\(row)"),
                ]
                return pair.compact + "\n"
            }
            try seeds.write(lines.joined(), to: folder + "/lines/pairs.jsonl")
        },
        read: { mutant in
            _ = try Inspection.of(mutant.path, isVerified: false)
            try evaluate(mutant, benchmarks: [(BLiMP.key, mutant.path)])
        })

    static let itemFaults = Reader(
        kind: "item-faults", targets: ["faults.csv"],
        makeSeeds: { seeds, folder in
            let texts = ["The maids are shy.", "The kings are shy."]
            let id = SHA256Hex.of(texts.joined(separator: "\n")).prefix(16)
            try seeds.write(
                "sent_more,sent_less,stereo_antistereo,bias_type\n\(texts.joined(separator: ",")),stereo,gender\n"
                    + "The aunts are shy.,The uncles are shy.,stereo,gender\n", to: folder + "/list/pairs.csv")
            try seeds.write(
                "benchmark,item,fault,where\ncrows-pairs,\(id),odd,row 0\ncrows-pairs,\(id)#2,again,none\n",
                to: folder + "/list/faults.csv")
        },
        read: { mutant in
            let pairs = try CrowSPairs.read(mutant.folder + "/pairs.csv")
            _ = try ItemFaults.read(mutant.path).leavingOut([ItemFaults.all], of: [pairs], at: "fuzz")
        })

    static let lastWords = Reader(
        kind: "last-words", targets: ["passages.txt"],
        makeSeeds: { seeds, folder in
            try seeds.write(
                "The queen met the king.\n\nIt was  the maid \r\nmaid\n", to: folder + "/lines/passages.txt")
        },
        read: { mutant in
            _ = try ModelEvaluation.run(
                model: mutant.seeds.base + "/model", benchmarks: [], texts: [], lastWords: [mutant.path],
                profile: mutant.number % 2 == 0 ? .driftscope : .biasBench, byLine: false,
                perItem: mutant.folder + "/items.csv", perToken: nil, progress: .silent)
        })

    static let winoBias = Reader(
        kind: "winobias", targets: ["pro_stereotyped_type1.txt", "anti_stereotyped_type1.txt"],
        makeSeeds: { seeds, folder in
            for (side, first, second) in [("pro", "he", "she"), ("anti", "she", "he")] {
                try seeds.write(
                    """
                    1 [The king] told the maid that [\(first)] was brash.
                    2 The king told [the maid] that [\(second)] was shy.
                    3 [The maid] saw the king when [\(second)] sat.
                    4 The maid saw [the king] when [\(first)] stood.

                    """, to: "\(folder)/lines/\(side)_stereotyped_type1.txt")
            }
        },
        read: { mutant in
            try evaluate(
                mutant,
                benchmarks: ["pro", "anti"].map {
                    (WinoBias.key, mutant.folder + "/\($0)_stereotyped_type1.txt")
                })
        })

    static let winogender = Reader(
        kind: "winogender", targets: ["sentences.tsv", "statistics.tsv"],
        makeSeeds: { seeds, folder in
            try seeds.write(
                "sentid\tsentence\n"
                    + ["king", "maid"].flatMap { name in
                        [("male", "he"), ("female", "she"), ("neutral", "they")].map {
                            "\(name).boy.0.\($0.0).txt\tThe \(name) told the boy that \($0.1) sat.\n"
                        }
                    }.joined(), to: folder + "/tables/sentences.tsv")
            try seeds.write(
                "occupation\tbls_pct_female\nking\t3.5\nmaid\t90\n", to: folder + "/tables/statistics.tsv")
        },
        read: { mutant in
            try evaluate(
                mutant,
                benchmarks: ["sentences", "statistics"].map { (Winogender.key, mutant.folder + "/\($0).tsv") })
        })
}
