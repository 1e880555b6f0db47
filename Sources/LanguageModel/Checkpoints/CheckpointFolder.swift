import FileSupport
import Foundation

/// Name, size and hash of an input file, for provenance.
public struct FileDigest: Codable, Sendable, Equatable {
    /// The name in its folder.
    public var name: String
    /// Where it lies.
    public var path: String
    /// Its size.
    public var bytes: Int
    /// Its SHA-256, lower-case hexadecimal.
    public var sha256: String
    /// The file outside its folder to which a symbolic link leads; nil for a file of the folder, and for one in a cache
    /// of Hugging Face, whose `snapshots/REVISION` is links into the `blobs` beside `snapshots`.
    public var linkedTo: String?

    init(_ name: String, in folder: String) throws {
        self.name = name
        path = folder + "/" + name
        (sha256, bytes) = try SHA256Hex.ofFile(path)
        let home = URL(fileURLWithPath: folder).resolvingSymlinksInPath()
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let blobs = home.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("blobs")
        let isHeld = file.path.hasPrefix(home.path == "/" ? "/" : home.path + "/")
        linkedTo = isHeld || file.deletingLastPathComponent().path == blobs.path ? nil : file.path
    }
}

/// What a checkpoint folder holds.
public struct LoadedCheckpoint {
    /// The model with its weights.
    public let model: TransformerModel
    /// Its tokenizer.
    public let tokenizer: any StoredTokenizer
    /// `config.json` as it was, of the base model where there is an adapter; of a GGUF file what its metadata says in
    /// these words.
    public let configJSON: JSON
    /// Every file that was read, the base model's before an adapter's.
    public let files: [FileDigest]

    /// What a user should know of the files: those that lie outside their folder.
    public var notes: [String] {
        files.compactMap { file in
            file.linkedTo.map { "\(file.path) is a symbolic link out of its folder, to \($0)" }
        }
    }

    /// The family as `config.json` calls it, `model_type`: `gpt2`, `llama`, `gemma3_text`.
    public var family: String { model.configuration.type.name }
}

/// Model folders in the layout of Hugging Face transformers.
public enum CheckpointFolder {
    /// Reads a folder: `config.json`; `model.safetensors` or its sharded index; `tokenizer.json`, or else `vocab.txt`,
    /// or `vocab.json` and `merges.txt`; `tokenizer_config.json`. Or a GGUF file, which holds all of it. Or the folder of
    /// a LoRA adapter, which is merged into its base model and may hold a tokenizer of its own.
    ///
    /// - Parameters:
    ///   - path: see ``ModelPath``.
    ///   - masked: whether a masked model is welcome too.
    ///   - families: what the model may be.
    /// - Throws: ``InputError`` when something is missing, damaged, of another model family, or does not fit together.
    public static func load(
        _ path: String, masked: Bool = false, families: ModelFamilies = .all
    ) throws -> LoadedCheckpoint {
        let path = ModelPath(path)
        guard let adapter = try Adapter(path) else {
            return try load(path.folder, masked, families, tokenizerIn: path.folder)
        }
        let hasTokenizer = holdsTokenizer(adapter.folder)
        let base = try load(
            adapter.base, masked, families, tokenizerIn: hasTokenizer ? adapter.folder : adapter.base)
        return LoadedCheckpoint(
            model: try adapter.merged(into: base.model), tokenizer: base.tokenizer, configJSON: base.configJSON,
            files: try base.files + adapter.files())
    }

    private static func load(
        _ folder: String, _ masked: Bool, _ families: ModelFamilies, tokenizerIn tokenizerFolder: String
    ) throws -> LoadedCheckpoint {
        if folder.lowercased().hasSuffix(".gguf") {
            return try loadGGUF(folder, families, tokenizerIn: tokenizerFolder)
        }
        try Input.requireFolder(folder, remedy: "name the folder of a Hugging Face model")
        let held = try FileManager.default.contentsOfDirectory(atPath: folder)
        if !held.contains("config.json"), let file = held.filter({ $0.hasSuffix(".gguf") }).min() {
            throw InputError("a folder of GGUF files", at: folder, remedy: "name one of them, such as \(file)")
        }
        let config = try JSONCursor.read(folder + "/config.json")
        var sizes = try families.configuration(config)
        guard masked || !sizes.isMasked else {
            throw config.error(
                "\(sizes.type.title) fills in masked tokens, and a model that predicts the next token is wanted",
                remedy:
                    "name the folder of a causal model, such as GPT-2; driftscope evaluate scores masked models")
        }
        let (tokenizer, tokenizerFiles) = try tokenizer(
            in: tokenizerFolder, embeddings: sizes.vocabularySize, config: config.value)
        try requireEmbeddings(sizes.vocabularySize, for: tokenizer, at: tokenizerFolder)
        if sizes.isMasked { sizes.maskToken = tokenizer.maskToken }
        let weights = try WeightFiles(folder: folder, isMasked: sizes.isMasked)
        let model = try model(sizes, weights, folder: folder)
        let names =
            [(folder, "config.json")] + tokenizerFiles.map { (tokenizerFolder, $0) }
            + weights.names.map { (folder, $0) }
        return LoadedCheckpoint(
            model: model, tokenizer: tokenizer, configJSON: config.value,
            files: try names.map { try FileDigest($1, in: $0) })
    }

    private static func loadGGUF(
        _ path: String, _ families: ModelFamilies, tokenizerIn tokenizerFolder: String
    ) throws -> LoadedCheckpoint {
        let file = try GGUF(path)
        let kind = file["general.type"]?.string ?? "model"
        guard kind == "model" else {
            throw InputError("a GGUF file of type \(kind)", at: path, remedy: "take the file of the model itself")
        }
        guard !file.tensors.isEmpty else {
            throw InputError(
                "a GGUF file of a tokenizer alone, without weights", at: path, remedy: "take the model's own file")
        }
        let (family, sizes) = try families.configuration(file)
        let (tokenizer, names) =
            tokenizerFolder == path
            ? (try GGUFTokenizer.read(file), [])
            : try tokenizer(in: tokenizerFolder, embeddings: sizes.vocabularySize)
        try requireEmbeddings(sizes.vocabularySize, for: tokenizer, at: tokenizerFolder)
        let parts = try file.paths.map { path in
            let url = URL(fileURLWithPath: path)
            return try FileDigest(url.lastPathComponent, in: url.deletingLastPathComponent().path)
        }
        return LoadedCheckpoint(
            model: try family.model(file, sizes), tokenizer: tokenizer,
            configJSON: sizes.json(beginToken: tokenizer.beginToken, original: nil),
            files: try parts + names.map { try FileDigest($0, in: tokenizerFolder) })
    }

    private static func requireEmbeddings(_ count: Int, for tokenizer: any Tokenizer, at place: String) throws {
        guard tokenizer.vocabularySize <= count else {
            throw InputError(
                "the tokenizer has \(tokenizer.vocabularySize) tokens and the model \(count) embeddings", at: place,
                remedy: "take tokenizer and weights from one model")
        }
    }

    /// Whether a folder has a tokenizer of its own.
    private static func holdsTokenizer(_ folder: String) -> Bool {
        ["tokenizer.json", "vocab.txt", "vocab.json"].contains {
            FileManager.default.fileExists(atPath: folder + "/" + $0)
        }
    }

    /// Reads only the tokenizer of a folder or a GGUF file, and says from which files.
    ///
    /// - Parameters:
    ///   - embeddings: the rows of the model's embedding; added tokens beyond them are left out.
    ///   - config: `config.json` of the model, which has a say in the class of the tokenizer; nil reads the folder's.
    public static func tokenizer(
        in folder: String, embeddings: Int? = nil, config: JSON? = nil
    ) throws -> (tokenizer: any StoredTokenizer, files: [String]) {
        if folder.lowercased().hasSuffix(".gguf") {
            let file = try GGUF(folder)
            return (try GGUFTokenizer.read(file), file.paths.map { URL(fileURLWithPath: $0).lastPathComponent })
        }
        var read: [String] = []
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
        func json(_ name: String) throws -> JSONCursor? {
            guard exists(name) else { return nil }
            read.append(name)
            return try JSONCursor.read(folder + "/" + name)
        }
        let whole = try json("tokenizer.json")
        var root = whole
        if root == nil, exists("vocab.txt") {
            read = ["vocab.txt"]
            let tokens = try VocabularyFile.lines(folder + "/vocab.txt")
            let vocabulary = JSON.object(tokens.enumerated().map { ($1, .integer($0)) })
            root = JSONCursor(
                ["model": ["type": "WordPiece", "vocab": vocabulary]], place: folder + "/vocab.txt")
        }
        if root == nil {
            guard exists("merges.txt"), let vocabulary = try json("vocab.json") else {
                throw InputError(
                    "no tokenizer.json, and not both vocab.json and merges.txt", at: folder,
                    remedy: "copy the model's tokenizer files into the folder")
            }
            read.append("merges.txt")
            let merges = try VocabularyFile.merges(ofFile: folder + "/merges.txt")
            let model: JSON = [
                "type": "BPE", "vocab": vocabulary.value,
                "merges": .array(merges.map { [.string($0.left), .string($0.right)] }),
            ]
            root = JSONCursor(["model": model], place: "\(vocabulary.place) with merges.txt")
        }
        guard let root else { preconditionFailure("no tokenizer") }
        var settings = try json("tokenizer_config.json").map(TokenizerSettings.init) ?? TokenizerSettings()
        if let map = try json("special_tokens_map.json") { settings = settings.adding(map) }
        let config = try config ?? (exists("config.json") ? JSON.read(folder + "/config.json") : nil)
        let tokenizer = try TokenizerJSON.read(
            root, settings: settings, config: config, embeddings: embeddings, isWhole: whole != nil)
        return (tokenizer, read)
    }

    /// Reads only the weights of a folder: `config.json` and `model.safetensors` or its sharded index; or those of an
    /// adapter in its base model.
    public static func model(in path: String, families: ModelFamilies = .all) throws -> TransformerModel {
        let path = ModelPath(path)
        if let adapter = try Adapter(path) {
            return try adapter.merged(into: model(in: adapter.base, families: families))
        }
        let folder = path.folder
        let sizes = try families.configuration(JSONCursor.read(folder + "/config.json"))
        return try model(sizes, WeightFiles(folder: folder, isMasked: sizes.isMasked), folder: folder)
    }

    private static func model(
        _ sizes: ModelConfiguration, _ weights: WeightFiles, folder: String
    ) throws -> TransformerModel {
        // Shapes are compared before the memory is taken: sizes come from a file.
        var found: [String: (file: Safetensors, tensor: Safetensors.Tensor)] = [:]
        for (stored, file, tensor) in weights.tensors() {
            guard let name = sizes.type.family.canonicalName(stored) else { continue }
            if let other = found.updateValue((file, tensor), forKey: name) {
                throw InputError(
                    "the tensors \(other.tensor.name) and \(tensor.name) are the same", at: folder,
                    remedy: "remove one of them")
            }
        }
        let network = network(sizes) { found[$0] != nil }
        let layout = network.layout
        // A tied matrix may be stored under the head's name alone.
        if found[network.tokenEmbedding.name] == nil,
            let head = layout.copies.first(where: { $0.value == network.tokenEmbedding })
        {
            found[network.tokenEmbedding.name] = found.removeValue(forKey: head.key)
        }
        let copies = layout.copies.compactMap { name, tensor in
            found.removeValue(forKey: name).map { (name: name, file: $0.file, stored: $0.tensor, tensor: tensor) }
        }
        for tensor in layout.tensors {
            guard let (file, stored) = found[tensor.name] else {
                throw InputError(
                    "the tensor \(tensor.name) is missing", at: folder, remedy: "save or download the model again")
            }
            guard stored.shape == tensor.shape else {
                throw InputError(
                    "the tensor \(stored.name) has shape \(stored.shape), and config.json asks for \(tensor.shape)",
                    at: file.path, remedy: "take config.json and weights from one model")
            }
        }
        if let unknown = found.keys.filter({ layout[$0] == nil }).min(), let (file, tensor) = found[unknown] {
            throw InputError(
                "the tensor \(tensor.name) is not part of \(sizes.type.title) with \(sizes.layerCount) layers",
                at: file.path, remedy: "take config.json and weights from one model, saved with its language-model head"
            )
        }

        let model = TransformerModel(network: network)
        for tensor in layout.tensors {
            if let (file, stored) = found[tensor.name] { try file.read(stored, into: model.tensor(tensor)) }
        }
        guard model.hasTiedEmbeddings else { return model }
        if let head = copies.first(where: { $0.tensor == network.tokenEmbedding }),
            try !isSame(head.file, head.stored, as: head.tensor, of: model)
        {
            // transformers keeps a head that differs from the embedding, whatever config.json says.
            let untied = model.untied()
            try head.file.read(head.stored, into: untied.tensor(untied.outputEmbedding))
            for copy in copies {
                if let tensor = untied.layout[copy.name], copy.tensor != network.tokenEmbedding {
                    try copy.file.read(copy.stored, into: untied.tensor(tensor))
                }
            }
            return untied
        }
        for copy in copies where copy.tensor != network.tokenEmbedding {
            guard try isSame(copy.file, copy.stored, as: copy.tensor, of: model) else {
                throw InputError(
                    "\(copy.stored.name) differs from \(copy.tensor.name), though config.json ties them",
                    at: copy.file.path, remedy: "save the model again with its head tied")
            }
        }
        return model
    }

    /// The network of some sizes, without biases of a kind of which a file has none: transformers fills them with 0.
    private static func network(_ sizes: ModelConfiguration, holds: (String) -> Bool) -> any ModelNetwork {
        let network = sizes.type.family.network(sizes)
        func lacks(_ module: ParameterModule) -> Bool {
            let biases = network.layout.tensors.filter {
                $0.module == module && $0.layer != nil && $0.name.hasSuffix(".bias")
            }
            return !biases.isEmpty && !biases.contains { holds($0.name) }
        }
        var fitting = sizes
        if lacks(.attention) { fitting.attentionBias = .none }
        if lacks(.mlp) { fitting.mlpBias = false }
        return fitting == sizes ? network : sizes.type.family.network(fitting)
    }

    /// Whether a tensor that is stored once more is the one that it is tied to.
    private static func isSame(
        _ file: Safetensors, _ copy: Safetensors.Tensor, as tensor: ParameterInfo, of model: TransformerModel
    ) throws -> Bool {
        guard copy.shape == tensor.shape else {
            throw InputError(
                "the tensor \(copy.name) has shape \(copy.shape), and \(tensor.name) \(tensor.shape)", at: file.path,
                remedy: "take config.json and weights from one model")
        }
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: copy.count)
        defer { buffer.deallocate() }
        try file.read(copy, into: buffer)
        return buffer.elementsEqual(model.tensor(tensor))
    }
}
