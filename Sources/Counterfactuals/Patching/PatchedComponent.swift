import Attribution
import LanguageModel
import LinearAlgebra

/// A component of a model, everywhere or in one block.
package struct PatchedComponent: Sendable, Hashable {
    package let component: ModelComponent
    /// The block, from 0; nil for the component in all blocks and outside of them.
    package let layer: Int?

    package init(_ component: ModelComponent, layer: Int? = nil) {
        self.component = component
        self.layer = layer
    }

    /// `attention`, or `attention/3` in block 3.
    package var name: String { layer.map { "\(component.rawValue)/\($0)" } ?? component.rawValue }

    /// Whether a tensor of a model belongs to it.
    package func contains(_ tensor: ParameterInfo, of model: TransformerModel) -> Bool {
        ModelComponent(tensor, of: model) == component && (layer == nil || tensor.layer == layer)
    }

    /// The components of a model, untied, in the order of its layout; with `byLayer`, after them each that lies in blocks once
    /// for every block.
    package static func all(of model: TransformerModel, byLayer: Bool) -> [PatchedComponent] {
        var whole: [PatchedComponent] = []
        var single: [PatchedComponent] = []
        func add(_ component: PatchedComponent, to list: inout [PatchedComponent]) {
            if !list.contains(component) { list.append(component) }
        }
        for tensor in model.layout.tensors {
            let component = ModelComponent(tensor, of: model)
            add(PatchedComponent(component), to: &whole)
            if byLayer, let layer = tensor.layer { add(PatchedComponent(component, layer: layer), to: &single) }
        }
        // The output side of a tied matrix stands last in the untied model.
        if model.hasTiedEmbeddings { add(PatchedComponent(.outputEmbeddings), to: &whole) }
        return whole + single
    }
}

extension ParameterUpdate {
    /// Sets `scratch` to θ0 + P Δθ, where P selects the tensors of some components, bit for bit: selected tensors are those of
    /// θ1, the others those of θ0.
    package func apply(_ isSelected: (ParameterInfo) -> Bool, to scratch: TransformerModel) {
        precondition(scratch.layout == before.layout, "models of different shapes")
        for tensor in before.layout.tensors {
            let source = isSelected(tensor) ? after : before
            _ = scratch.tensor(tensor).update(fromContentsOf: source.tensor(tensor))
            release(tensor.range)
        }
    }
}
