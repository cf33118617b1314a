import { Field } from "@/shared/ui/Field";
import type { Distribution } from "@/shared/api/types";
import { useImages } from "../api/useImages";
import { DISTRIBUTIONS } from "../ec2Places";
import { imagesFor } from "../images";
import { FormText, type FormProps } from "./FormText";

/** The image of EC2 instances: a distribution's newest one, one that JAC created, or any other by its ID. */
export function ImageField(props: FormProps) {
  const { form, faults, onChange } = props;
  const images = imagesFor(useImages().data ?? [], form.region);
  const chosen = form.image === "id" && images.some(({ id }) => id === form.imageId) ? form.imageId : form.image;
  const choose = (value: string) => {
    const own = images.some(({ id }) => id === value);
    onChange(own ? { ...form, image: "id", imageId: value } : { ...form, image: value as Distribution | "id", imageId: "" });
  };
  return (
    <>
      <Field label="Image" fault={faults.image} help="The distribution’s newest image, one built with jac image build, or your own with systemd, cloud-init and sshd.">
        {(attributes) => (
          <select {...attributes} className={faults.image === undefined ? "form-select" : "form-select is-invalid"} value={chosen} onChange={(event) => choose(event.target.value)}>
            {DISTRIBUTIONS.map(({ distribution, name }) => (
              <option key={distribution} value={distribution}>
                {name}
              </option>
            ))}
            {images.map((image) => (
              <option key={image.id} value={image.id}>
                {image.name} ({image.description}, {image.region})
              </option>
            ))}
            <option value="id">other image (by ID)</option>
          </select>
        )}
      </Field>
      {chosen === "id" && <FormText {...props} field="imageId" label="Image ID" technical placeholder="ami-…" help="Must exist in the region." />}
    </>
  );
}
