import Attribution
import LanguageModel
import LinearAlgebra

/// A part of a model, everywhere or in one block.
public struct PatchPart: Sendable, Hashable {
    /// The part.
    public var part: ModelComponent
    /// The block, from 0; nil for the part in all blocks and outside of them.
    public var layer: Int?

    /// Names a part.
    public init(_ part: ModelComponent, layer: Int? = nil) {
        self.part = part
        self.layer = layer
    }

    /// `attention`, or `attention/3` in block 3.
    public var name: String { layer.map { "\(part.rawValue)/\($0)" } ?? part.rawValue }

    /// Whether a tensor of a model belongs to it.
    public func contains(_ tensor: ParameterInfo, of model: TransformerModel) -> Bool {
        ModelComponent(tensor, of: model) == part && (layer == nil || tensor.layer == layer)
    }

    /// The parts of a model in the order of its layout; with `byLayer`, behind them each part that lies in blocks once for
    /// every block.
    public static func all(of model: TransformerModel, byLayer: Bool) -> [PatchPart] {
        var whole: [PatchPart] = []
        var single: [PatchPart] = []
        for tensor in model.layout.tensors {
            let part = ModelComponent(tensor, of: model)
            if !whole.contains(PatchPart(part)) { whole.append(PatchPart(part)) }
            guard byLayer, let layer = tensor.layer else { continue }
            if !single.contains(PatchPart(part, layer: layer)) { single.append(PatchPart(part, layer: layer)) }
        }
        return whole + single
    }
}

extension ParameterUpdate {
    /// Sets `scratch` to θ0 + P Δθ, where P selects the tensors of some parts, bit for bit: selected tensors are those of
    /// θ1, the others those of θ0.
    public func apply(_ isSelected: (ParameterInfo) -> Bool, to scratch: TransformerModel) {
        precondition(scratch.layout == before.layout, "models of different shapes")
        for tensor in before.layout.tensors {
            let source = isSelected(tensor) ? after : before
            _ = scratch.tensor(tensor).update(fromContentsOf: source.tensor(tensor))
        }
    }

    /// ‖Δθ‖ over the tensors of a part.
    public func norm(of part: PatchPart) -> Double {
        zip(before.layout.tensors, norms()).reduce(0) { sum, tensor in
            part.contains(tensor.0, of: before) ? sum + tensor.1 * tensor.1 : sum
        }.squareRoot()
    }
}
