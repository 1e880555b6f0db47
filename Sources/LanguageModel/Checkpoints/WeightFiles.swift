import FileSupport
import Foundation

/// The weights of a checkpoint folder: one safetensors file, or the shards that an index names.
struct WeightFiles {
    private(set) var files: [Safetensors] = []
    /// Names of all files read, the index included.
    private(set) var names: [String] = []

    private static let single = "model.safetensors"
    private static let index = "model.safetensors.index.json"

    /// Opens the weights of a folder.
    ///
    /// - Throws: ``InputError`` when there are none in this format, with the way to convert others.
    init(folder: String) throws {
        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
        if exists(Self.single) {
            files = [try Safetensors(folder + "/" + Self.single)]
            names = [Self.single]
        } else if exists(Self.index) {
            try openShards(folder)
        } else if exists("pytorch_model.bin") || exists("pytorch_model.bin.index.json") {
            throw InputError(
                "only pytorch_model.bin, a pickle that can run code when it is opened", at: folder,
                remedy: "convert it once with: python -c \"from transformers import AutoModelForCausalLM as M; "
                    + "M.from_pretrained('\(folder)').save_pretrained('\(folder)')\"")
        } else {
            throw InputError(
                "no \(Self.single) and no \(Self.index)", at: folder, remedy: "name the folder of a Hugging Face model")
        }
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
