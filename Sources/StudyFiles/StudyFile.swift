import BuiltInStudy
import Foundation
import Unlearn

/// What a study asks for: one model, what to forget, what to watch, how to judge. The YAML form is in docs/study-file.md.
public struct StudyFile: Sendable, Equatable {
    /// Folder of a Hugging Face model, or a GGUF file.
    public var model = ""
    /// The domains and their roles.
    public var domains = Domains()
    /// What to forget, in order; one entry today.
    public var forget: [Forget] = []
    /// Neutral text that the model must keep, and how that is enforced.
    public var retain: Retain?
    /// The forget term.
    public var objective = Objective()
    /// How parameters move.
    public var optimizer = OptimizerSettings()
    /// Which parameters may move: `all`, module names, `layers a-b`.
    public var parameters = ["all"]
    /// When to stop early.
    public var guardRule: GuardRule?
    /// What is kept of the embeddings.
    public var snapshots = Snapshots()
    /// What is scored before and after.
    public var evaluate = EvaluateSettings()
    /// Folder of concept lexicons.
    public var concepts = BuiltInStudy.path("concepts")
    /// Text whose token counts tell how frequent a word is, to match controls; retain, guard and perplexity text when
    /// none is given.
    public var corpus: [String] = []
    /// How the numbers are judged.
    public var analyze = AnalyzeSettings()
    /// What is done to explain them.
    public var why = WhySettings()
    /// Seeds of the run, the first for the run itself, further ones for retrainings; a seed resamples forget rows, batch
    /// order and retain rows.
    public var seeds = [1]
    /// What the report may show.
    public var report = ReportSettings()

    /// A study with the defaults, and without what has none: model, forget set and benchmark.
    package init() {}

    /// The domains and their roles in the question.
    public struct Domains: Sendable, Equatable {
        /// The domain whose bias is forgotten.
        public var target: String
        /// Domains to which the forgetting may transfer.
        public var transfer: [String]
        /// Domains that should stay as they are.
        public var control: [String]

        /// The usual question, or another.
        package init(
            target: String = "gender", transfer: [String] = ["race", "religion"], control: [String] = ["age"]
        ) {
            self.target = target
            self.transfer = transfer
            self.control = control
        }

        /// All names, target first.
        public var all: [String] { [target] + transfer + control }
    }

    /// One forget set.
    public struct Forget: Sendable, Equatable {
        /// The domain that its rows are about.
        public var domain = ""
        /// CSV, TSV or JSON-lines file.
        public var data = ""
        /// Name of the text column.
        public var text = "text"
        /// Name of the id column, when there is one.
        public var id: String?
        /// Conditions on columns.
        public var conditions: [Condition] = []
        /// Rows that name one of these domains, by label or by word, are left out.
        public var excludeDomains: [String] = []
        /// Label codes of other domains, `code: domain`, beyond the usual ones.
        public var codes: [String: String] = [:]
        /// How harmful words are found.
        public var harmful = Harmful.lexicon(BuiltInStudy.path("lexicons/harmful.json"))

        /// A forget set with the defaults.
        package init() {}

        /// A condition on one column.
        public struct Condition: Sendable, Equatable {
            /// The column.
            public var column: String
            /// `equals`, `member` (of a list joined by commas) or `part` (of a dotted member).
            public var reading: String
            /// The value wanted.
            public var value: String

            /// Asks for a value of a column.
            package init(column: String, reading: String, value: String) {
                self.column = column
                self.reading = reading
                self.value = value
            }
        }

        /// The source of harmful words.
        public struct Harmful: Sendable, Equatable {
            /// The name of a selection, as ``Unlearn/HarmfulWordSelections`` lists them.
            public var selection: String
            /// What it is made from: a file, where the word `built-in` is resolved, or a name.
            public var value: String

            /// A lexicon file.
            public static func lexicon(_ path: String) -> Harmful { Harmful(selection: "lexicon", value: path) }

            /// Whether ``value`` is a file.
            package var isFile: Bool {
                get throws { try HarmfulWordSelections.type(selection, at: "forget.harmful").argument == .file }
            }
        }
    }

    /// The retain term.
    public struct Retain: Sendable, Equatable {
        /// Text file, a sentence a line.
        public var data = ""
        /// Lines of it to use, counted from 1; all when not given.
        public var lines: ClosedRange<Int>?
        /// `kl` to the original model, or `nll`.
        public var loss = "kl"
        /// Its weight beside the forget term.
        public var weight = 1.0
        /// Sentences in a step; the forget batch when not given.
        public var batch: Int?
        /// Where a long line is cut, in tokens.
        public var maximumTokens = 128

        /// A retain term with the defaults.
        package init(data: String = "", lines: ClosedRange<Int>? = nil) {
            self.data = data
            self.lines = lines
        }
    }

    /// The forget term.
    public struct Objective: Sendable, Equatable {
        /// The name of one of ``StudyRegistry/objectives``.
        public var method = "token-ascent"
        /// Its weight.
        public var weight = 1.0
        /// The objective's own options, each with a value.
        public var options: [String: ObjectiveOption.Value] = [:]
    }

    /// How parameters move.
    public struct OptimizerSettings: Sendable, Equatable {
        /// `adamw` or `sgd`.
        public var name = "adamw"
        /// Step size at full rate.
        public var learningRate = 3e-5
        /// Decoupled weight decay.
        public var weightDecay = 0.0
        /// First-moment decay of AdamW.
        public var beta1 = 0.9
        /// Second-moment decay of AdamW.
        public var beta2 = 0.999
        /// Sentences in a step.
        public var batch = 16
        /// Steps.
        public var steps = 200
        /// Steps of linear warm-up.
        public var warmup = 0
        /// `constant`, `linear` or `cosine` after the warm-up.
        public var schedule = "constant"
        /// Largest gradient norm; nil for none.
        public var clip: Double? = 1.0
        /// Activation checkpointing: less memory for more time, the same numbers.
        public var checkpointsActivations = false
    }

    /// When a run stops early, and how often it looks.
    public struct GuardRule: Sendable, Equatable {
        /// Text file, a sentence a line, disjoint from retain and perplexity text.
        public var data = ""
        /// Lines of it to use, counted from 1; all when not given.
        public var lines: ClosedRange<Int>?
        /// What may not be exceeded on it.
        public var limits = QualityLimits()
        /// Steps between two looks.
        public var checkEvery = 10

        /// A guard with the defaults.
        package init(data: String = "", lines: ClosedRange<Int>? = nil) {
            self.data = data
            self.lines = lines
        }
    }

    /// What is kept of the embeddings.
    public struct Snapshots: Sendable, Equatable {
        /// Whole matrices: `before`, `after`.
        public var full = ["before", "after"]
        /// Steps between two looks at the concept rows; 0 for never.
        public var rowsEvery = 20
        /// Whether contextual vectors of concept words are kept, before and after.
        public var contextual = true
    }

    /// What is scored.
    public struct EvaluateSettings: Sendable, Equatable {
        /// `driftscope` or `bias-bench`.
        public var profile = "driftscope"
        /// What is scored, in the order of the file.
        public var benchmarks: [BenchmarkRequest] = []
        /// The most pairs of a domain that are scored, chosen by seed; all when nil.
        public var pairs: Int?
        /// Text files for the reported perplexity.
        public var perplexity: [String] = []
        /// The lines of every perplexity file that are used, counted from 1; all when nil.
        public var perplexityLines: ClosedRange<Int>?
        /// Whether a perplexity file holds a sentence a line (`lines`) or running text (`stream`).
        public var perplexityMode = "stream"
        /// Which benchmark label is which domain, where the names differ.
        public var labels: [String: String] = ["race-color": "race"]
        /// Steps between two looks at the bias of each domain; 0 for only before and after.
        public var every = 0
        /// Whether log-probabilities of single tokens are kept.
        public var perToken = false
    }

    /// The files of one benchmark.
    public struct BenchmarkRequest: Sendable, Equatable {
        /// The benchmark's key, one of ``StudyRegistry/benchmarks``.
        public var name: String
        /// Its files.
        public var files: [String]

        package init(name: String, files: [String]) {
            self.name = name
            self.files = files
        }
    }

    /// How the numbers are judged.
    public struct AnalyzeSettings: Sendable, Equatable {
        /// Matched control draws for every drift number.
        public var controls = 10000
        /// Bootstrap draws for every interval.
        public var bootstrap = 10000
        /// Random updates in the matched null.
        public var nullDraws = 199
        /// How the nulls are scored: `exact`, `first-order`, or `auto`.
        public var nullScoring = "auto"
        /// Equivalence margin for τ, in nats a token, fixed before the run.
        public var margin = 0.02
        /// What counts as damage where the study has no guard, or a guard without that limit.
        public var damage = QualityLimits()
        /// Update scalings α at which θ0 + αΔθ is scored.
        public var scaling: [Double] = [-1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
    }

    /// How far a run may go on neutral text; nil for no limit.
    public struct QualityLimits: Sendable, Equatable {
        /// Largest relative rise of perplexity, 0.1 for 10 %.
        public var perplexityRise: Double? = 0.1
        /// Largest mean KL divergence from the original model, nats a token.
        public var kl: Double? = 0.1
    }

    /// What is done to explain a change of bias.
    public struct WhySettings: Sendable, Equatable {
        /// Which domains will move, asked before anything is changed.
        public var forecast = true
        /// Alignment of the update with each domain's bias, by component of the model.
        public var alignment = true
        /// Each component of the model patched in alone, and left out alone.
        public var patching = true
        /// The same by block.
        public var byLayer = false
        /// The subspaces that target and domain share, removed and kept.
        public var mediation = true
        /// The update decomposed: what moved the embedding rows, which sentences and words moved each bias.
        public var decomposition = true
        /// Retrainings with ever cleaner forget sets.
        public var ablations = true
        /// Retrainings without the retain term and with plain SGD.
        public var retrainings = true
        /// Retrainings that forget neutral words.
        public var neutralWords = 3
        /// Random controls for each patch and each subspace.
        public var controls = 20
        /// Further forget sets for the transfer matrix; the run's own is its first row.
        public var matrix: [Forget] = []

        /// Nothing of all this.
        public static let none = WhySettings(
            forecast: false, alignment: false, patching: false, mediation: false, decomposition: false,
            ablations: false, retrainings: false, neutralWords: 0)
    }

    /// What the report may show.
    public struct ReportSettings: Sendable, Equatable {
        /// `redacted` or `shown`.
        public var text = "redacted"
    }
}
