/// What a run knows beside its tables: the report is made from the run's file alone.
public struct RunMetadata: Equatable, Sendable {
    /// What the model is.
    public struct Model: Codable, Equatable, Sendable {
        /// Folder or name, as in the study.
        public var name: String
        /// Family, such as `gpt2`.
        public var family: String
        /// Number of parameters.
        public var parameters: Int
        /// Number of blocks.
        public var layers: Int
        /// Width of the hidden states.
        public var hiddenSize: Int
        /// Tokens in the vocabulary.
        public var vocabulary: Int
        /// Positions.
        public var context: Int
        /// Whether input and output embeddings are one matrix.
        public var tiedEmbeddings: Bool
        /// Whether the tokenizer puts a begin token before every text; nil in runs that did not keep it.
        public var addsBeginToken: Bool?

        package init(
            name: String, family: String, parameters: Int, layers: Int, hiddenSize: Int, vocabulary: Int, context: Int,
            tiedEmbeddings: Bool, addsBeginToken: Bool? = nil
        ) {
            (self.name, self.family, self.parameters, self.layers) = (name, family, parameters, layers)
            (self.hiddenSize, self.vocabulary, self.context) = (hiddenSize, vocabulary, context)
            (self.tiedEmbeddings, self.addsBeginToken) = (tiedEmbeddings, addsBeginToken)
        }
    }

    /// The study as resolved; nil for a run that no study made.
    public var study: String?
    /// The command line as typed.
    public var commandLine = ""
    /// The main seed.
    public var seed = 0
    /// Threads used.
    public var threads = 0
    /// The libraries that multiplied, with the instructions of their kernels; nil where a run did not keep it.
    public var kernels: String?
    /// How the run forgot, method and formula; nil where a run did not keep it.
    public var objective: String?
    /// The model's folder, where snapshots were taken without a study.
    public var modelName: String?
    /// What the model is.
    public var model: Model?
    /// What was forgotten, in counts, a forget set each.
    public var forget: [ForgetSetSummary] = []
    /// How the unlearning ended.
    public var outcome: UnlearningOutcome?
    /// Perplexity of each neutral text.
    public var perplexity: [TextPerplexity] = []
    /// Inputs that must share nothing.
    public var disjointness: [DisjointnessCheck] = []
    /// How the matched random updates were made.
    public var null: RandomUpdateSummary?
    /// The input files.
    public var inputs: [InputFile] = []

    /// Nothing known yet.
    public init() {}
}

/// A file that a run was made from.
public struct InputFile: Codable, Equatable, Sendable {
    /// What it is to the study, such as `forget`.
    public var role: String
    /// Its path.
    public var path: String
    /// Its size.
    public var bytes: Int
    /// Its SHA-256, hexadecimal.
    public var sha256: String

    package init(role: String, path: String, bytes: Int, sha256: String) {
        (self.role, self.path, self.bytes, self.sha256) = (role, path, bytes, sha256)
    }
}

/// Perplexity of one text.
public struct TextPerplexity: Codable, Equatable, Sendable {
    /// The text's path.
    public var text: String
    /// Of the model before; nil until measured.
    public var before: Perplexity?
    /// Of the model after.
    public var after: Perplexity?
    /// KL(θ0 ‖ θ1) on a sample of it, in nats a token.
    public var kl: Double?

    package init(text: String) { self.text = text }
}

/// Two inputs that must share nothing, and what they share.
public struct DisjointnessCheck: Codable, Sendable, Equatable {
    /// One side, such as `retain text`.
    public var left: String
    /// The other side.
    public var right: String
    /// Entries that both hold.
    public var shared: Int
    /// Entries of the smaller side.
    public var total: Int
    /// What is shared by design, if it is; nil when sharing is a fault.
    public var note: String?
    /// Whether nothing is shared, or the sharing is by design.
    public var passes: Bool { shared == 0 || note != nil }

    package init(left: String, right: String, shared: Int, total: Int, note: String? = nil) {
        (self.left, self.right, self.shared) = (left, right, shared)
        (self.total, self.note) = (total, note)
    }
}

/// How the matched random updates of a run were made.
public struct RandomUpdateSummary: Codable, Equatable, Sendable {
    /// KL of the run's update, which every draw is to match.
    public var targetKL: Double
    /// Largest |KL of a draw / KL of the run − 1|.
    public var worstKLError: Double
    /// Draws whose KL could not be brought within the tolerance.
    public var unmatched: Int
    /// Whether every draw was scored exactly.
    public var allExact: Bool
    /// Calibration of the first order; empty when all draws are exact.
    public var calibration: [FirstOrderCalibration]

    package init(
        targetKL: Double, worstKLError: Double, unmatched: Int, allExact: Bool, calibration: [FirstOrderCalibration]
    ) {
        (self.targetKL, self.worstKLError, self.unmatched) = (targetKL, worstKLError, unmatched)
        (self.allExact, self.calibration) = (allExact, calibration)
    }
}

/// How well the first order predicts the exact bias of a domain, over the draws scored both ways.
public struct FirstOrderCalibration: Sendable, Codable, Equatable {
    /// The benchmark.
    public var benchmark: String
    /// The domain.
    public var domain: String
    /// Draws scored both ways.
    public var draws: Int
    /// Mean of exact − first order: what random damage does on average (even in the update).
    public var meanError: Double
    /// Standard deviation of exact − first order.
    public var errorDeviation: Double
    /// Standard deviation of the first-order change, for comparison.
    public var firstOrderDeviation: Double

    package init(
        benchmark: String, domain: String, draws: Int, meanError: Double, errorDeviation: Double,
        firstOrderDeviation: Double
    ) {
        (self.benchmark, self.domain, self.draws, self.meanError) = (benchmark, domain, draws, meanError)
        (self.errorDeviation, self.firstOrderDeviation) = (errorDeviation, firstOrderDeviation)
    }
}
