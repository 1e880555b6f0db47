/// What identifies a run.
public struct RunFacts: Sendable {
    /// The run's identifier, as in run.h5.
    public var id: String
    /// The time stamp printed in the report (ISO 8601); the only field that differs between equal runs.
    public var created: String
    /// Version of driftscope that made the report.
    public var version: String
    /// The command line, as typed.
    public var command: String
    /// Seeds of the study.
    public var seeds: [Int]
    /// Threads used.
    public var threads: Int

    /// Makes the facts from their parts.
    public init(id: String, created: String, version: String, command: String, seeds: [Int], threads: Int) {
        self.id = id
        self.created = created
        self.version = version
        self.command = command
        self.seeds = seeds
        self.threads = threads
    }
}

/// What identifies the model that was changed.
public struct ModelFacts: Sendable {
    /// Folder or name, as in the study file.
    public var name: String
    /// Family, for example `gpt2`.
    public var family: String
    /// Number of parameters.
    public var parameters: Int
    /// Number of layers.
    public var layers: Int
    /// Width of the hidden states.
    public var hiddenSize: Int
    /// Number of tokens in the vocabulary.
    public var vocabulary: Int
    /// Number of positions.
    public var context: Int
    /// Whether input and output embedding are one matrix.
    public var tiedEmbeddings: Bool

    /// Makes the facts from their parts.
    public init(
        name: String, family: String, parameters: Int, layers: Int, hiddenSize: Int, vocabulary: Int, context: Int,
        tiedEmbeddings: Bool
    ) {
        self.name = name
        self.family = family
        self.parameters = parameters
        self.layers = layers
        self.hiddenSize = hiddenSize
        self.vocabulary = vocabulary
        self.context = context
        self.tiedEmbeddings = tiedEmbeddings
    }
}

/// One input file of the run.
public struct ProvenanceRow: Sendable {
    /// What the file is used for or called.
    public var name: String
    /// Size in bytes.
    public var bytes: Int
    /// SHA-256 of its bytes, hexadecimal.
    public var sha256: String

    /// Makes the row from its parts.
    public init(name: String, bytes: Int, sha256: String) {
        self.name = name
        self.bytes = bytes
        self.sha256 = sha256
    }
}
