/** The collections of an NWB file: add, create and get of what it holds by name. */
import { classFor } from "../dynamic-class.js";
import type { AbstractContainer, NwbClass } from "./container.js";
import type { DynamicTable } from "./dynamic-table.js";
import { addMember } from "./fields.js";
import { FileMetadata } from "./file-metadata.js";
import { getMember, members } from "./member-access.js";
import type { Device, DeviceOptions, NWBContainer, NWBDataInterface } from "./nwb-container.js";
import type { ProcessingModule, ProcessingModuleOptions } from "./processing-module.js";

/** A series with a sweep number is also noted in the (deprecated) sweep table. */
export interface SweepOptions {
  readonly useSweepTable?: boolean | undefined;
}

type Type<T extends AbstractContainer> = NwbClass<T>;
type OneOrMore<T> = T | readonly T[];

/**
 * What a file holds by name. `add…` takes one container or several, `get…` a name (or none, for the only member) and a
 * class to check and narrow by; `get…` throws an NwbError when there is no such member, or several to choose from.
 */
export abstract class FileMembers extends FileMetadata {
  /** Recorded data. */
  get acquisition(): ReadonlyMap<string, NWBDataInterface> {
    return members<NWBDataInterface>(this, "acquisition");
  }

  /** Results of analysis. */
  get analysis(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "analysis");
  }

  /** Stimuli as they were presented. */
  get stimulus(): ReadonlyMap<string, NWBDataInterface> {
    return members<NWBDataInterface>(this, "stimulus");
  }

  /** Patterns of stimuli. */
  get stimulusTemplate(): ReadonlyMap<string, NWBDataInterface> {
    return members<NWBDataInterface>(this, "stimulus_template");
  }

  /** Instruments. */
  get devices(): ReadonlyMap<string, Device> {
    return members<Device>(this, "devices");
  }

  /** Groups of extracellular electrodes. */
  get electrodeGroups(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "electrode_groups");
  }

  /** Intracellular electrodes. */
  get icephysElectrodes(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "icephys_electrodes");
  }

  /** Imaging planes. */
  get imagingPlanes(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "imaging_planes");
  }

  /** Metadata of a laboratory's own types. */
  get labMetaData(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "lab_meta_data");
  }

  /** Sites of optogenetic stimulation. */
  get ogenSites(): ReadonlyMap<string, NWBContainer> {
    return members<NWBContainer>(this, "ogen_sites");
  }

  /** Processed data, by module. */
  get processing(): ReadonlyMap<string, ProcessingModule> {
    return members<ProcessingModule>(this, "processing");
  }

  /** Tables of time spans beside epochs, trials and invalid times. */
  get intervals(): ReadonlyMap<string, DynamicTable> {
    return members<DynamicTable>(this, "intervals");
  }

  addAcquisition(data: OneOrMore<NWBDataInterface>, options: SweepOptions = {}): void {
    this.addTo("acquisition", data, options);
  }

  addAnalysis(data: OneOrMore<NWBContainer>): void {
    this.addTo("analysis", data);
  }

  addStimulus(data: OneOrMore<NWBDataInterface>, options: SweepOptions = {}): void {
    this.addTo("stimulus", data, options);
  }

  addStimulusTemplate(data: OneOrMore<NWBDataInterface>, options: SweepOptions = {}): void {
    this.addTo("stimulus_template", data, options);
  }

  addDevice(data: OneOrMore<Device>): void {
    this.addTo("devices", data);
  }

  addElectrodeGroup(data: OneOrMore<NWBContainer>): void {
    this.addTo("electrode_groups", data);
  }

  addIcephysElectrode(data: OneOrMore<NWBContainer>): void {
    this.addTo("icephys_electrodes", data);
  }

  addImagingPlane(data: OneOrMore<NWBContainer>): void {
    this.addTo("imaging_planes", data);
  }

  addLabMetaData(data: OneOrMore<NWBContainer>): void {
    this.addTo("lab_meta_data", data);
  }

  addOgenSite(data: OneOrMore<NWBContainer>): void {
    this.addTo("ogen_sites", data);
  }

  addProcessingModule(data: OneOrMore<ProcessingModule>): void {
    this.addTo("processing", data);
  }

  addTimeIntervals(data: OneOrMore<DynamicTable>): void {
    this.addTo("intervals", data);
  }

  getAcquisition(name?: string): NWBDataInterface;
  getAcquisition<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getAcquisition(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "acquisition", name, type);
  }

  getAnalysis(name?: string): NWBContainer;
  getAnalysis<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getAnalysis(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "analysis", name, type);
  }

  getStimulus(name?: string): NWBDataInterface;
  getStimulus<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getStimulus(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "stimulus", name, type);
  }

  getStimulusTemplate(name?: string): NWBDataInterface;
  getStimulusTemplate<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getStimulusTemplate(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "stimulus_template", name, type);
  }

  getDevice(name?: string): Device;
  getDevice<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getDevice(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "devices", name, type);
  }

  getElectrodeGroup(name?: string): NWBContainer;
  getElectrodeGroup<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getElectrodeGroup(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "electrode_groups", name, type);
  }

  getIcephysElectrode(name?: string): NWBContainer;
  getIcephysElectrode<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getIcephysElectrode(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "icephys_electrodes", name, type);
  }

  getImagingPlane(name?: string): NWBContainer;
  getImagingPlane<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getImagingPlane(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "imaging_planes", name, type);
  }

  getLabMetaData(name?: string): NWBContainer;
  getLabMetaData<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getLabMetaData(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "lab_meta_data", name, type);
  }

  getOgenSite(name?: string): NWBContainer;
  getOgenSite<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getOgenSite(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "ogen_sites", name, type);
  }

  getProcessingModule(name?: string): ProcessingModule;
  getProcessingModule<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getProcessingModule(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "processing", name, type);
  }

  getTimeIntervals(name?: string): DynamicTable;
  getTimeIntervals<T extends AbstractContainer>(name: string | undefined, type: Type<T>): T;
  getTimeIntervals(name?: string, type?: Type<AbstractContainer>): AbstractContainer {
    return getMember(this, "intervals", name, type);
  }

  createDevice(options: DeviceOptions): Device {
    return this.#create("devices", "Device", options);
  }

  createElectrodeGroup(options: object): NWBContainer {
    return this.#create("electrode_groups", "ElectrodeGroup", options);
  }

  createIcephysElectrode(options: object): NWBContainer {
    return this.#create("icephys_electrodes", "IntracellularElectrode", options);
  }

  createImagingPlane(options: object): NWBContainer {
    return this.#create("imaging_planes", "ImagingPlane", options);
  }

  createLabMetaData(options: { readonly name: string }): NWBContainer {
    return this.#create("lab_meta_data", "LabMetaData", options);
  }

  createOgenSite(options: object): NWBContainer {
    return this.#create("ogen_sites", "OptogeneticStimulusSite", options);
  }

  createProcessingModule(options: ProcessingModuleOptions): ProcessingModule {
    return this.#create("processing", "ProcessingModule", options);
  }

  createTimeIntervals(options: object): DynamicTable {
    return this.#create("intervals", "TimeIntervals", options);
  }

  /** Add to a collection, and to the sweep table when that is asked for. */
  protected addTo(field: string, data: OneOrMore<AbstractContainer>, options: SweepOptions = {}): void {
    const list = Array.isArray(data) ? (data as readonly AbstractContainer[]) : [data as AbstractContainer];
    for (const each of list) {
      addMember(this, field, each);
      if (options.useSweepTable === true) this.noteSweep(each);
    }
    this.setModified();
  }

  /** Note a series with a sweep number in the sweep table. */
  protected abstract noteSweep(series: AbstractContainer): void;

  #create<T extends AbstractContainer>(field: string, type: string, options: object): T {
    const created = new (classFor(this, type))(options);
    addMember(this, field, created);
    this.setModified();
    // The class is that of the type.
    return created as T;
  }
}
