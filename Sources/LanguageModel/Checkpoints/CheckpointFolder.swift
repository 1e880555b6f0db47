import FileSupport
import Foundation

/// Name, size and hash of an input file, for provenance.
public struct FileDigest: Codable, Sendable, Equatable {
    /// The name in its folder.
    public var name: String
    /// Its size.
    public var bytes: Int
    /// Its SHA-256, lower-case hexadecimal.
    public var sha256: String

    fileprivate init(_ name: String, of path: String) throws {
        self.name = name
        (sha256, bytes) = try SHA256Hex.ofFile(path)
    }
}

/// What a checkpoint folder holds.
public struct LoadedCheckpoint {
    /// The model with its weights.
    public let model: TransformerModel
    /// Its tokenizer.
    public let tokenizer: any StoredTokenizer
    /// The folder it came from; of a GGUF file the one that holds it.
    public let folder: String
    /// `config.json` as it was; of a GGUF file what its metadata says in these words.
    public let configJSON: JSON
    /// Every file that was read.
    public let files: [FileDigest]

    /// The family as `config.json` calls it, `model_type`: `gpt2`, `llama`, `gemma3_text`.
    public var family: String { model.configuration.type.name }
}

/// Model folders in the layout of Hugging Face transformers.
public enum CheckpointFolder {
    /// Reads a folder: `config.json`; `model.safetensors` or its sharded index; `tokenizer.json`, or else `vocab.txt`,
    /// or `vocab.json` and `merges.txt`; `tokenizer_config.json`. Or a GGUF file, which holds all of it.
    ///
    /// - Parameters:
    ///   - masked: whether a masked model is welcome too.
    ///   - families: what the model may be.
    /// - Throws: ``InputError`` when something is missing, damaged, of another model family, or does not fit together.
    public static func load(
        _ folder: String, masked: Bool = false, families: ModelFamilies = .all
    ) throws -> LoadedCheckpoint {
        if folder.lowercased().hasSuffix(".gguf") { return try loadGGUF(folder, families) }
        try Input.requireFolder(folder, remedy: "name the folder of a Hugging Face model")
        let config = try JSONCursor.read(folder + "/config.json")
        let sizes = try families.configuration(config)
        guard masked || !sizes.isMasked else {
            throw config.error(
                "\(sizes.type.title) fills in masked tokens, and a model that predicts the next token is wanted",
                remedy:
                    "name the folder of a causal model, such as GPT-2; driftscope evaluate scores masked models")
        }
        let (tokenizer, tokenizerFiles) = try tokenizer(in: folder, embeddings: sizes.vocabularySize)
        try requireEmbeddings(sizes.vocabularySize, for: tokenizer, at: folder)
        let weights = try WeightFiles(folder: folder)
        let model = try model(sizes, weights, folder: folder)
        let files = try (["config.json"] + tokenizerFiles + weights.names).map {
            try FileDigest($0, of: folder + "/" + $0)
        }
        return LoadedCheckpoint(
            model: model, tokenizer: tokenizer, folder: folder, configJSON: config.value, files: files)
    }

    private static func loadGGUF(_ path: String, _ families: ModelFamilies) throws -> LoadedCheckpoint {
        let file = try GGUF(path)
        let (family, sizes) = try families.configuration(file)
        let tokenizer = try GGUFTokenizer.read(file)
        try requireEmbeddings(sizes.vocabularySize, for: tokenizer, at: path)
        let url = URL(fileURLWithPath: path)
        return LoadedCheckpoint(
            model: try family.model(file, sizes), tokenizer: tokenizer, folder: url.deletingLastPathComponent().path,
            configJSON: sizes.json(beginToken: tokenizer.beginToken, original: nil),
            files: [try FileDigest(url.lastPathComponent, of: path)])
    }

    private static func requireEmbeddings(_ count: Int, for tokenizer: any Tokenizer, at place: String) throws {
        guard tokenizer.vocabularySize <= count else {
            throw InputError(
                "the tokenizer has \(tokenizer.vocabularySize) tokens and the model \(count) embeddings", at: place,
                remedy: "take tokenizer and weights from one model")
        }
    }

    /// Reads only the tokenizer of a folder or a GGUF file, and says from which files.
    ///
    /// - Parameter embeddings: the rows of the model's embedding; added tokens beyond them are left out.
    public static func tokenizer(
        in folder: String, embeddings: Int? = nil
    ) throws -> (tokenizer: any StoredTokenizer, files: [String]) {
        if folder.lowercased().hasSuffix(".gguf") {
            return (try GGUFTokenizer.read(GGUF(folder)), [URL(fileURLWithPath: folder).lastPathComponent])
        }
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
        let settingsName = "tokenizer_config.json"
        let hasSettings = exists(settingsName)
        let settings =
            hasSettings ? TokenizerSettings(try JSONCursor.read(folder + "/" + settingsName)) : TokenizerSettings()
        let read = hasSettings ? [settingsName] : []
        if exists("tokenizer.json") {
            let root = try JSONCursor.read(folder + "/tokenizer.json")
            return (
                try TokenizerJSON.read(root, settings: settings, embeddings: embeddings), ["tokenizer.json"] + read
            )
        }
        if exists("vocab.txt") {
            let tokenizer = try WordPiece(
                vocabularyFile: folder + "/vocab.txt", lowercases: try settings.flag("do_lower_case") ?? true)
            return (tokenizer, ["vocab.txt"] + read)
        }
        guard exists("vocab.json"), exists("merges.txt") else {
            throw InputError(
                "no tokenizer.json, and not both vocab.json and merges.txt", at: folder,
                remedy: "copy the model's tokenizer files into the folder")
        }
        let tokenizer = try ByteLevelBPE(
            vocabularyFile: folder + "/vocab.json", mergesFile: folder + "/merges.txt", settings: settings)
        return (tokenizer, ["vocab.json", "merges.txt"] + read)
    }

    /// Reads only the weights of a folder: `config.json` and `model.safetensors` or its sharded index.
    public static func model(in folder: String, families: ModelFamilies = .all) throws -> TransformerModel {
        let sizes = try families.configuration(JSONCursor.read(folder + "/config.json"))
        return try model(sizes, WeightFiles(folder: folder), folder: folder)
    }

    private static func model(
        _ sizes: ModelConfiguration, _ weights: WeightFiles, folder: String
    ) throws -> TransformerModel {
        // Shapes are compared before the memory is taken: sizes come from a file.
        var found: [String: (file: Safetensors, tensor: Safetensors.Tensor)] = [:]
        for file in weights.files {
            for tensor in file.tensors {
                guard let name = sizes.type.family.canonicalName(tensor.name) else { continue }
                if let other = found.updateValue((file, tensor), forKey: name) {
                    throw InputError(
                        "the tensors \(other.tensor.name) and \(tensor.name) are the same", at: folder,
                        remedy: "remove one of them")
                }
            }
        }
        let network = sizes.type.family.network(sizes)
        let layout = network.layout
        let copies = layout.copies.compactMap { name, tensor in
            found.removeValue(forKey: name).map { (file: $0.file, stored: $0.tensor, tensor: tensor) }
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
        for copy in copies { try requireTied(copy.file, copy.stored, to: copy.tensor, of: model) }
        return model
    }

    /// Checks that a tensor which is stored once more is the one that it is tied to.
    private static func requireTied(
        _ file: Safetensors, _ copy: Safetensors.Tensor, to tensor: ParameterInfo, of model: TransformerModel
    ) throws {
        let tied = model.tensor(tensor)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: copy.count)
        defer { buffer.deallocate() }
        try file.read(copy, into: buffer)
        guard copy.shape == tensor.shape, buffer.elementsEqual(tied) else {
            let other = tensor == model.inputEmbedding ? "the token embedding" : tensor.name
            throw InputError(
                "\(copy.name) differs from \(other), though config.json ties them", at: file.path,
                remedy: model.isMasked
                    ? "save the model again with its head tied"
                    : "set tie_word_embeddings to false in config.json if the model was trained so")
        }
    }
}
