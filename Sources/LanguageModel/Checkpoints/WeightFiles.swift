import FileSupport
import Foundation

/// The weights of a checkpoint folder: one safetensors file, or the shards that an index names.
struct WeightFiles {
    private(set) var files: [Safetensors] = []
    /// Names of all files read, the index included.
    private(set) var names: [String] = []

    private static let single = "model.safetensors"
    private static let index = "model.safetensors.index.json"
    private static let pickles = ["pytorch_model.bin", "pytorch_model.bin.index.json"]

    /// Names by which a folder is known to hold weights.
    static let known = [single, index] + pickles

    /// Opens the weights of a folder.
    ///
    /// - Parameter isMasked: whether the model is masked; said in the way to convert others.
    /// - Throws: ``InputError`` when there are none in this format, with the way to convert others.
    init(folder: String, isMasked: Bool) throws {
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
        if exists(Self.single) {
            files = [try Safetensors(folder + "/" + Self.single)]
            names = [Self.single]
        } else if exists(Self.index) {
            try openShards(folder)
        } else if Self.pickles.contains(where: exists) {
            let model = "AutoModelFor\(isMasked ? "MaskedLM" : "CausalLM")"
            throw InputError(
                "only pytorch_model.bin, a pickle that can run code when it is opened", at: folder,
                remedy: "convert it once with: python -c \"from transformers import \(model) as M; "
                    + "M.from_pretrained('\(folder)').save_pretrained('\(folder)')\"")
        } else {
            throw InputError(
                "no \(Self.single) and no \(Self.index)", at: folder, remedy: "name the folder of a Hugging Face model")
        }
    }

    // MARK: Names

    /// What wrappers of PyTorch put in front of every name: DataParallel, and PEFT around a model.
    private static let prefixes = ["module.", "base_model.model."]
    /// Modules that stand between a wrapped module and its own: torch.compile, FSDP, and its recomputed activations.
    private static let wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]

    /// A name without the words of wrappers, which no model has in its own names.
    private static func unwrapped(_ name: String) -> String {
        guard wrappers.contains(where: { name.contains($0) }) else { return name }
        return name.split(separator: ".", omittingEmptySubsequences: false)
            .filter { !wrappers.contains(String($0)) }.joined(separator: ".")
    }

    /// The tensors by their names in the model: without what wrappers add, as far as all names have it.
    func tensors() -> [(name: String, file: Safetensors, tensor: Safetensors.Tensor)] {
        var out = files.flatMap { file in
            file.tensors.map { (name: Self.unwrapped($0.name), file: file, tensor: $0) }
        }
        while let prefix = Self.prefixes.first(where: { prefix in out.allSatisfy { $0.name.hasPrefix(prefix) } }),
            !out.isEmpty
        {
            for i in out.indices { out[i].name.removeFirst(prefix.count) }
        }
        return out
    }

    private mutating func openShards(_ folder: String) throws {
        let place = folder + "/" + Self.index
        let map = try JSONCursor.read(place).member("weight_map").members().map { ($0.key, try $0.value.string()) }
        var wanted: [String: [String]] = [:]
        for (tensor, shard) in map { wanted[shard, default: []].append(tensor) }
        names = [Self.index]
        for (shard, tensors) in wanted.sorted(by: { $0.key < $1.key }) {
            guard !shard.contains("/"), shard.hasSuffix(".safetensors") else {
                throw InputError(
                    "the shard \"\(shard)\" is no safetensors file of this folder", at: place, remedy: again)
            }
            let file = try Safetensors(folder + "/" + shard)
            let (held, listed) = (Set(file.tensors.map(\.name)), Set(tensors))
            if let missing = tensors.first(where: { !held.contains($0) }) {
                throw InputError("the tensor \(missing) is not in its shard \(shard)", at: place, remedy: again)
            }
            if let extra = file.tensors.first(where: { !listed.contains($0.name) }) {
                throw InputError(
                    "the index does not name the tensor \(extra.name) of \(shard)", at: place, remedy: again)
            }
            files.append(file)
            names.append(shard)
        }
    }

    private var again: String { "save or download the model again" }
}
