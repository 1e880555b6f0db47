import BuiltInStudy
import Foundation
import Records
import Unlearn

/// What a study asks for: one model, what to forget, what to watch, how to judge. The YAML form is in docs/study-file.md.
///
/// Each property is filled by a row of `StudyTable`, which says what it means, in which unit, and what it may be; nil
/// is what the row calls unset, or `none`.
public struct StudyFile: Sendable, Equatable {
    package var model = ""
    package var domains = Domains()
    package var forget: [Forget] = []
    package var retain: Retain?
    package var objective = Objective()
    package var optimizer = OptimizerSettings()
    package var parameters = ["all"]
    package var guardRule: GuardRule?
    package var snapshots = Snapshots()
    package var evaluate = EvaluateSettings()
    package var generate: GenerateSettings?
    package var concepts = BuiltInStudy.path("concepts")
    package var corpus: [String] = []
    package var analyze = AnalyzeSettings()
    package var why = WhySettings()
    package var seeds = [1]
    package var report = ReportSettings()
    package var sweep: [SweepAxis] = []

    /// A study with the defaults, and without what has none: model, forget set and benchmark.
    package init() {}

    /// The domains and their roles in the question.
    public struct Domains: Sendable, Equatable {
        /// The domains whose bias is forgotten, at least one.
        package var targets: [String]
        package var transfer: [String]
        package var control: [String]

        /// The usual question, or another.
        package init(
            targets: [String] = ["gender"], transfer: [String] = ["race", "religion"], control: [String] = ["age"]
        ) {
            (self.targets, self.transfer, self.control) = (targets, transfer, control)
        }

        /// All names, targets first.
        package var all: [String] { targets + transfer + control }
        /// The targets as a sentence has them.
        package var forgotten: String { targets.inWords() }
    }

    /// One forget set.
    public struct Forget: Sendable, Equatable {
        package var domain = ""
        package var data = ""
        package var text = "text"
        package var id: String?
        package var conditions: [Condition] = []
        package var excludeDomains: [String] = []
        package var codes: [String: String] = [:]
        package var harmful = Harmful.lexicon(BuiltInStudy.path("lexicons/harmful.json"))
        package var pairs: String?
        package var swap: Swap?

        /// A forget set with the defaults.
        package init() {}

        /// A condition on one column.
        public struct Condition: Sendable, Equatable {
            /// The column.
            package var column: String
            /// `equals`, `member` (of a list joined by commas) or `part` (of a dotted member).
            package var reading: String
            /// The value wanted.
            package var value: String

            package init(column: String, reading: String, value: String) {
                (self.column, self.reading, self.value) = (column, reading, value)
            }
        }

        /// Counterfactual sentences by swapped words.
        public struct Swap: Sendable, Equatable {
            /// The table of word pairs.
            package var words = ""
            /// The text; nil for the forget rows.
            package var data: String?
            package var lines: ClosedRange<Int>?

            /// None yet.
            package init() {}
        }

        /// The source of harmful words.
        public struct Harmful: Sendable, Equatable {
            /// The name of a selection, as ``Unlearn/HarmfulWordSelections`` lists them.
            package var selection: String
            /// What it is made from: a file, where the word `built-in` is resolved, or a name.
            package var value: String

            /// A lexicon file.
            package static func lexicon(_ path: String) -> Harmful { Harmful(selection: "lexicon", value: path) }

            /// Whether ``value`` is a file.
            package var isFile: Bool {
                get throws { try HarmfulWordSelections.type(selection, at: "forget.harmful").argument == .file }
            }
        }
    }

    /// The retain term.
    public struct Retain: Sendable, Equatable {
        package var data = ""
        package var lines: ClosedRange<Int>?
        package var loss = "kl"
        package var weight = 1.0
        package var batch: Int?
        package var maximumTokens = 128

        /// A retain term with the defaults.
        package init(data: String = "", lines: ClosedRange<Int>? = nil) {
            self.data = data
            self.lines = lines
        }
    }

    /// The forget term.
    public struct Objective: Sendable, Equatable {
        package var method = "token-ascent"
        package var weight = 1.0
        package var options = ObjectiveChoice.tokenAscent.options.values
    }

    /// How parameters move.
    public struct OptimizerSettings: Sendable, Equatable {
        package var name = "adamw"
        package var learningRate = 3e-5
        package var weightDecay = 0.0
        package var beta1 = 0.9
        package var beta2 = 0.999
        package var batch = 16
        package var steps = 200
        package var warmup = 0
        package var schedule = "constant"
        package var clip: Double? = 1.0
        package var checkpointsActivations = false
        package var lora: LowRank?

        /// Low-rank factors in the place of the parameters.
        public struct LowRank: Sendable, Equatable {
            package var rank = 8
            package var alpha = 8.0
            package var modules: [String] = []

            /// PEFT's rank and alpha.
            package init() {}
        }
    }

    /// When a run stops early, and how often it looks.
    public struct GuardRule: Sendable, Equatable {
        package var data = ""
        package var lines: ClosedRange<Int>?
        package var limits = QualityLimits()
        /// Largest fall of StereoSet's LMS, in points; nil for no limit.
        package var lms: Double?
        /// Largest change of HateCheck's contrast, in nats a token; nil for no limit.
        package var hateCheck: Double?
        /// Largest worsening of a command's score, by its name.
        package var custom: [String: Double] = [:]
        package var checkEvery = 10

        /// A guard with the defaults.
        package init(data: String = "", lines: ClosedRange<Int>? = nil) {
            self.data = data
            self.lines = lines
        }
    }

    /// What is kept of the embeddings.
    public struct Snapshots: Sendable, Equatable {
        package var full = ["before", "after"]
        package var rowsEvery = 20
        package var contextual = true
    }

    /// What is scored.
    public struct EvaluateSettings: Sendable, Equatable {
        package var profile = "driftscope"
        package var benchmarks: [BenchmarkRequest] = []
        package var pairs: Int?
        /// The file that lists faults of items.
        package var faults = BuiltInStudy.path("item-faults.csv")
        /// Names of faults whose items are not scored.
        package var leaveOutFaults: [String] = []
        package var weat: [String] = []
        package var custom: [CustomCommand] = []
        package var perplexity: [String] = []
        package var perplexityLines: ClosedRange<Int>?
        package var perplexityMode = "stream"
        package var labels: [String: String] = ["race-color": "race"]
        package var every = 0
        package var perToken = false
    }

    /// What the models are asked to go on with.
    public struct GenerateSettings: Sendable, Equatable {
        package var prompts = ""
        package var samples = 4
        package var maximumTokens = 40
        package var temperature = 1.0
        package var topP = 1.0
        package var lexicon = BuiltInStudy.path("lexicons/harmful.json")
    }

    /// A measure of the study's own.
    public struct CustomCommand: Sendable, Equatable {
        package var name = ""
        /// The program and its arguments.
        package var command: [String] = []
        package var lowerIsBetter = false
        /// The time it may take.
        package var seconds = 600
    }

    /// The files of one benchmark.
    public struct BenchmarkRequest: Sendable, Equatable {
        /// The benchmark's key, one of ``StudyRegistry/benchmarks``.
        package var name: String
        /// Its files.
        package var files: [String]

        package init(name: String, files: [String]) { (self.name, self.files) = (name, files) }
    }

    /// How the numbers are judged.
    public struct AnalyzeSettings: Sendable, Equatable {
        package var controls = 10000
        package var bootstrap = 10000
        package var nullDraws = 199
        package var nullScoring = "auto"
        package var margin = 0.02
        package var damage = QualityLimits()
        package var scaling: [Double] = [-1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
    }

    /// How far a run may go on neutral text; nil for no limit.
    public struct QualityLimits: Sendable, Equatable {
        /// Largest relative rise of perplexity, 0.1 for 10 %.
        package var perplexityRise: Double? = 0.1
        /// Largest mean KL divergence from the original model, nats a token.
        package var kl: Double? = 0.1
    }

    /// What is done to explain a change of bias.
    public struct WhySettings: Sendable, Equatable {
        package var forecast = true
        package var alignment = true
        package var patching = true
        package var byLayer = false
        package var mediation = true
        package var decomposition = true
        package var ablations = true
        package var retrainings = true
        package var neutralWords = 3
        package var controls = 20
        package var matrix: [Forget] = []

        /// Nothing of all this.
        package static let none = WhySettings(
            forecast: false, alignment: false, patching: false, mediation: false, decomposition: false,
            ablations: false, retrainings: false, neutralWords: 0)
    }

    /// What the report may show.
    public struct ReportSettings: Sendable, Equatable {
        package var text = "redacted"
    }

    /// A key of the study, and the values that a sweep gives it in turn.
    public struct SweepAxis: Sendable, Equatable {
        /// A path such as `optimizer.steps`, ``strength``, or ``variant``.
        package var key: String
        /// As the study file has them; of ``variant``, the names.
        package var values: [String]
        /// Of ``variant``, the keys that each name stands for, as YAML.
        package var variants: [String: String] = [:]

        /// The axis along the update of a run: α of θ0 + αΔθ.
        package static let strength = "strength"
        /// The axis of named points, each of several keys that go together: a method with what it takes.
        package static let variant = "variant"
    }
}
